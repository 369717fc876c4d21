import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KiB, MiB } from '../../src/model/units.ts';
import { FIRST_WINDOW_BYTES, ReceiveWindow, WindowGrowth } from '../../src/network/muxer-window.ts';

/** A sender that always has something to send, over a link of `bytesPerMs`; what the window is after `ms`. */
function run(
  bytesPerMs: number,
  roundTripMs: number,
  ms: number,
  growth = new WindowGrowth(),
): ReceiveWindow {
  const window = new ReceiveWindow(growth, 0);
  let roomBytes = FIRST_WINDOW_BYTES;
  const grants: { atMs: number; bytes: number }[] = [];
  for (let nowMs = 1; nowMs <= ms; nowMs++) {
    while (grants[0] && grants[0].atMs <= nowMs) roomBytes += grants.shift()?.bytes ?? 0;
    const bytes = Math.min(roomBytes, bytesPerMs);
    roomBytes -= bytes;
    expect(window.arrived(bytes)).toBe(true);
    const more = window.grant(nowMs, roundTripMs);
    if (more > 0) grants.push({ atMs: nowMs + roundTripMs, bytes: more });
  }
  return window;
}

describe('ReceiveWindow', () => {
  it.each([
    // Mbit/s, round trip in ms
    [1000, 100],
    [100, 100],
    [100, 200],
    [50, 20],
  ])('grows to at least what is under way on a link of %i Mbit/s and %i ms', (mbits, roundTripMs) => {
    const bytesPerMs = (mbits * 1e6) / 8 / 1000;
    const { bytes } = run(bytesPerMs, roundTripMs, 30 * roundTripMs);
    expect(bytes).toBeGreaterThanOrEqual(Math.min(16 * MiB, bytesPerMs * roundTripMs));
  });

  it.each([
    [20, 40],
    [4, 40],
    [1, 100],
  ])('puts less than two seconds in flight on a link of %i Mbit/s and %i ms', (mbits, roundTripMs) => {
    const bytesPerMs = (mbits * 1e6) / 8 / 1000;
    const { bytes } = run(bytesPerMs, roundTripMs, 60_000);
    expect(bytes / bytesPerMs).toBeLessThan(2200);
  });

  it('shrinks again when the link, or its reader, has become slow', () => {
    const window = run(12_500, 100, 3000);
    const large = window.bytes;
    expect(large).toBeGreaterThan(MiB);
    let nowMs = 3000;
    for (let i = 0; i < 40; i++) {
      nowMs += 5000;
      window.arrived(100 * KiB);
      window.grant(nowMs, 100);
    }
    expect(window.bytes).toBeLessThan(large);
  });

  it('never grows without a measured round trip, nor beyond what all windows may grow together (T4)', () => {
    const growth = new WindowGrowth(3 * MiB);
    const windows = [1, 2, 3, 4].map(() => run(125_000, 100, 3000, growth));
    const grown = windows.reduce((sum, { bytes }) => sum + bytes - FIRST_WINDOW_BYTES, 0);
    expect(grown).toBeLessThanOrEqual(3 * MiB);
    for (const window of windows) window.end();
    expect(growth.take(3 * MiB)).toBe(true);
    const blind = new ReceiveWindow(new WindowGrowth(), 0);
    blind.arrived(FIRST_WINDOW_BYTES);
    expect(blind.grant(1, undefined)).toBe(FIRST_WINDOW_BYTES);
    expect(blind.bytes).toBe(FIRST_WINDOW_BYTES);
  });

  it('lets nobody send more than was granted, whatever comes when', () => {
    const step = fc.record({
      bytes: fc.integer({ min: 0, max: MiB }),
      ms: fc.integer({ min: 0, max: 6000 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const window = new ReceiveWindow(new WindowGrowth(), 0);
        let allowed = FIRST_WINDOW_BYTES;
        let nowMs = 0;
        for (const { bytes, ms } of steps) {
          nowMs += ms;
          expect(window.arrived(bytes)).toBe(bytes <= allowed);
          if (bytes > allowed) return;
          allowed -= bytes;
          allowed += window.grant(nowMs, 50);
          expect(allowed).toBeLessThanOrEqual(16 * MiB);
        }
      }),
    );
  });

  it('shows a slow sender every five seconds that its bytes arrive', () => {
    const window = new ReceiveWindow(new WindowGrowth(), 0);
    window.arrived(KiB);
    expect(window.grant(4000, 50)).toBe(0);
    window.arrived(KiB);
    expect(window.grant(5000, 50)).toBe(2 * KiB);
  });
});
