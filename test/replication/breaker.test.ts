/** The breaker: when a failing holder rests, for how long, and who may ask whether it is back. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Breaker, FIRST_REST_MS, LONGEST_REST_MS } from '../../src/replication/breaker.ts';

describe('Breaker', () => {
  test('rests at once after a stall, and only after a second blip', () => {
    const stalled = new Breaker();
    stalled.failed(100, 0, 'stall');
    expect(stalled.state(100)).toBe('resting');
    const blinking = new Breaker();
    blinking.failed(100, 0, 'blip');
    expect(blinking.state(100)).toBe('ready');
    blinking.failed(120, 110, 'blip');
    expect(blinking.state(120)).toBe('resting');
  });

  test('counts requests that were under way together as one failure', () => {
    const breaker = new Breaker();
    for (let started = 0; started < 50; started += 1) breaker.failed(100, started, 'blip');
    expect([breaker.failures, breaker.state(100)]).toEqual([1, 'ready']);
    breaker.failed(101, 50, 'stall');
    expect([breaker.failures, breaker.state(101)]).toEqual([1, 'resting']);
  });

  test('lets one probe through when the rest is over, and rests on meanwhile', () => {
    const breaker = new Breaker();
    breaker.failed(0, -1, 'stall');
    expect(breaker.claimProbe(FIRST_REST_MS - 1)).toBe(false);
    expect(breaker.state(FIRST_REST_MS)).toBe('probing');
    expect(breaker.claimProbe(FIRST_REST_MS)).toBe(true);
    expect(breaker.claimProbe(FIRST_REST_MS)).toBe(false);
    breaker.succeeded();
    expect(breaker.state(FIRST_REST_MS + 1)).toBe('ready');
  });

  test('rests longer each time, up to a minute, and starts over after a success', () => {
    const breaker = new Breaker();
    const rests: number[] = [];
    let nowMs = 0;
    for (let i = 0; i < 7; i += 1) {
      breaker.failed(nowMs + 1, nowMs + 0.5, 'stall');
      nowMs += 1;
      let restMs = 0;
      while (breaker.state(nowMs + restMs) === 'resting') restMs += 1000;
      rests.push(restMs);
      nowMs += restMs;
    }
    expect(rests).toEqual([5, 10, 20, 40, 60, 60, 60].map((seconds) => seconds * 1000));
    breaker.succeeded();
    breaker.failed(nowMs + 2, nowMs + 1, 'stall');
    expect(breaker.state(nowMs + 2 + FIRST_REST_MS)).toBe('probing');
  });

  test('is always ready again after a success, and never rests for more than a minute', () => {
    const steps = fc.array(
      fc.record({ afterMs: fc.nat(20_000), what: fc.constantFrom('ok', 'blip', 'stall') }),
    );
    fc.assert(
      fc.property(steps, (sequence) => {
        const breaker = new Breaker();
        let nowMs = 0;
        for (const { afterMs, what } of sequence) {
          const startedMs = nowMs;
          nowMs += afterMs + 1;
          if (what === 'ok') breaker.succeeded();
          else breaker.failed(nowMs, startedMs, what === 'blip' ? 'blip' : 'stall');
          if (what === 'ok') expect(breaker.state(nowMs)).toBe('ready');
          expect(breaker.state(nowMs + LONGEST_REST_MS)).not.toBe('resting');
        }
      }),
    );
  });
});
