/** The decisions of readers and writers, as tables and properties: who is asked next, who is sent the chunk next (P3, P4, T3). */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chooseReaders, type ReaderView, WIDE } from '../../src/replication/choose-reader.ts';
import { chooseWriters } from '../../src/replication/choose-writers.ts';
import { Speed, typicalServiceMs } from '../../src/replication/speed.ts';

const view = (peer: string, changes: Partial<ReaderView> = {}): ReaderView => ({
  peer,
  placed: true,
  resting: false,
  inFlight: 0,
  serviceMs: 10,
  ...changes,
});
const fresh = { running: 0, overdue: false };

describe('chooseReaders', () => {
  test('asks the placed holder that would answer soonest, its queue included', () => {
    expect(chooseReaders([view('a'), view('b', { serviceMs: 3 })], fresh)).toEqual(['b']);
    expect(chooseReaders([view('a'), view('b', { serviceMs: 3, inFlight: 4 })], fresh)).toEqual(['a']);
    expect(chooseReaders([view('a', { serviceMs: undefined }), view('b')], fresh)).toEqual(['a']);
  });

  test('asks others only when no placed holder is left, some at a time', () => {
    const others = ['c', 'd', 'e', 'f', 'g', 'h'].map((peer) => view(peer, { placed: false }));
    expect(chooseReaders([...others, view('a')], fresh)).toEqual(['a']);
    expect(chooseReaders(others, fresh)).toEqual(['c', 'd', 'e', 'f']);
    expect(chooseReaders(others, { running: 3, overdue: false })).toEqual(['c']);
    expect(chooseReaders(others, { running: WIDE, overdue: false })).toEqual([]);
  });

  test('asks resting holders last, together, and only when nobody else is waited for or they are overdue', () => {
    const views = [view('a', { resting: true }), view('b', { resting: true, placed: false })];
    expect(chooseReaders([...views, view('c', { placed: false })], fresh)).toEqual(['c']);
    expect(chooseReaders(views, { running: 1, overdue: false })).toEqual([]);
    expect(chooseReaders(views, { running: 1, overdue: true })).toEqual(['a', 'b']);
    expect(chooseReaders(views, fresh)).toEqual(['a', 'b']);
  });

  test('shares many reads in proportion to speed', () => {
    const load = new Map([
      ['quick', { serviceMs: 5, inFlight: 0 }],
      ['slow', { serviceMs: 20, inFlight: 0 }],
    ]);
    for (let i = 0; i < 50; i += 1) {
      const [peer = ''] = chooseReaders(
        [...load].map(([name, at]) => view(name, at)),
        fresh,
      );
      const at = load.get(peer);
      if (at) at.inFlight += 1;
    }
    expect([load.get('quick')?.inFlight, load.get('slow')?.inFlight]).toEqual([40, 10]);
  });

  test('always asks somebody when nobody is being asked and somebody is left', () => {
    const views = fc.array(
      fc.record({
        peer: fc.string(),
        placed: fc.boolean(),
        resting: fc.boolean(),
        inFlight: fc.nat(20),
        serviceMs: fc.option(fc.double({ min: 0, max: 1e5, noNaN: true }), { nil: undefined }),
      }),
      { minLength: 1, maxLength: 10 },
    );
    fc.assert(fc.property(views, (all) => chooseReaders(all, fresh).length > 0));
  });
});

describe('chooseWriters', () => {
  const names = ['a', 'b', 'c', 'd', 'e'];
  const some = fc.subarray(names).map((chosen) => new Set(chosen));

  test('fills up to the number of copies, in order, and never sends twice to one holder', () => {
    fc.assert(
      fc.property(some, some, fc.integer({ min: 1, max: 4 }), (stored, others, copies) => {
        const running = new Set([...others].filter((peer) => !stored.has(peer)));
        const next = chooseWriters({ order: names, copies, stored, running });
        expect(next.some((peer) => stored.has(peer) || running.has(peer))).toBe(false);
        const room = Math.max(0, copies - stored.size - running.size);
        expect(next.length).toBe(Math.min(room, names.length - stored.size - running.size));
        expect([...next]).toEqual([...next].sort());
      }),
    );
  });
});

describe('Speed', () => {
  test('learns the time one read really costs, also when many are in flight on one link', () => {
    const speed = new Speed();
    for (let i = 1; i <= 50; i += 1) speed.answered(1000 + i * 10, 1000);
    expect(speed.serviceMs(1500)).toBeCloseTo(10, 0);
  });

  test('waits at least a second, and three times what the holder usually takes', () => {
    const speed = new Speed();
    expect(speed.patienceMs()).toBe(1000);
    speed.answered(2000, 0);
    expect(speed.patienceMs()).toBe(6000);
  });

  test('takes being overtaken as slowness, and forgets after half a minute', () => {
    const speed = new Speed();
    speed.answered(10, 0);
    speed.overtaken(1500, 500);
    expect(speed.serviceMs(1500)).toBeGreaterThan(100);
    expect(speed.serviceMs(60_000)).toBeUndefined();
  });

  test('assumes the average of the others for a holder nothing is known of', () => {
    expect(typicalServiceMs([undefined, 10, 30])).toBe(20);
    expect(typicalServiceMs([undefined])).toBe(50);
  });
});
