/** Health (R1) and the brake (R2), placement.md clause 9: silence counts in our own running time, and many silent at once look like our own network. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  DEFAULT_HEALTH,
  EMPTY_HEALTH_BOOK,
  type Health,
  type HealthBook,
  type HealthSettings,
  judge,
  observe,
} from '../../src/policy/health.ts';

const MIN = 60_000;
const HOUR = 60 * MIN;
const DAY = 24 * HOUR;

/** Lets minutes pass in steps of five; `silentAt` says who does not answer at a given minute. */
function watch(
  peers: readonly string[],
  minutes: number,
  silentAt: (peer: string, minute: number) => boolean,
  start: HealthBook = EMPTY_HEALTH_BOOK,
): HealthBook {
  let book = start;
  for (let minute = 0; minute < minutes; minute += 5) {
    const heard = new Set(peers.filter((peer) => !silentAt(peer, minute)));
    book = observe(book, { elapsedMs: 5 * MIN, watched: peers, heard }, DEFAULT_HEALTH);
  }
  return book;
}

function healthOf(book: HealthBook, peers: readonly string[]): Record<string, Health> {
  return Object.fromEntries(judge(book, peers, DEFAULT_HEALTH).health);
}

describe('health', () => {
  test.each([
    [0, 'alive'],
    [5 * MIN - 1, 'alive'],
    [5 * MIN, 'suspect'],
    [15 * MIN - 1, 'suspect'],
    [15 * MIN, 'away'],
    [72 * HOUR - 1, 'away'],
    [72 * HOUR, 'lost'],
  ] as const)('calls a peer that was silent for %i ms %s (R1)', (elapsedMs, health) => {
    const watched = ['a', 'b', 'c', 'd'];
    const book = observe(
      EMPTY_HEALTH_BOOK,
      { elapsedMs, watched, heard: new Set(['b', 'c', 'd']) },
      DEFAULT_HEALTH,
    );
    expect(judge(book, watched, DEFAULT_HEALTH).health.get('a')).toBe(health);
  });

  test('is alive again with the first word (R3)', () => {
    const peers = ['a', 'b', 'c'];
    const lost = watch(peers, 80 * 60, (peer) => peer === 'a');
    expect(healthOf(lost, peers).a).toBe('lost');
    expect(watch(peers, 5, () => false, lost).silences).toEqual([]);
  });

  test('forgets a peer that is no longer watched, and starts anew with one that is watched again', () => {
    const before = watch(['a', 'b', 'c'], 60, (peer) => peer === 'a');
    const without = watch(['b', 'c'], 60, () => false, before);
    expect(without.silences).toEqual([]);
    expect(healthOf(without, ['a', 'b', 'c']).a).toBe('alive');
  });

  test('says how long a silence really is, also while it does not count', () => {
    const peers = ['a', 'b', 'c'];
    const book = watch(peers, 24 * 60, (peer) => peer !== 'c');
    const [silence] = book.silences;
    expect(silence?.silentMs).toBe(5 * MIN);
    expect(book.runningMs - (silence?.sinceMs ?? 0)).toBe(DAY);
  });
});

describe('the brake', () => {
  const mesh = (watched: number): string[] => Array.from({ length: watched }, (_, n) => `peer ${n}`);

  test.each([
    // peers in the mesh (we are one of them), how many of them fall silent together, braked
    [2, 1, false],
    [3, 1, false],
    [3, 2, true],
    [4, 1, false],
    [4, 2, true],
    [5, 1, false],
    [5, 2, true],
    [6, 2, false],
    [6, 3, true],
    [9, 3, false],
    [9, 4, true],
    [30, 10, false],
    [30, 11, true],
  ])('in a mesh of %i peers, when %i fall silent together: %s (R2)', (size, silent, expected) => {
    const peers = mesh(size - 1);
    const book = watch(peers, 73 * 60, (peer) => peers.indexOf(peer) < silent);
    const { health, braked } = judge(book, peers, DEFAULT_HEALTH);
    expect(braked.length > 0).toBe(expected);
    expect(health.get('peer 0')).toBe(expected ? 'suspect' : 'lost');
    expect(health.get(`peer ${silent}`) ?? 'alive').toBe('alive');
  });

  test('does not hold for those who fall silent one after another', () => {
    const peers = mesh(5);
    const book = watch(peers, 100 * 60, (peer, minute) => minute >= peers.indexOf(peer) * 90);
    expect(judge(book, peers, DEFAULT_HEALTH).braked).toEqual([]);
    expect(new Set(judge(book, peers, DEFAULT_HEALTH).health.values())).toEqual(new Set(['lost']));
  });

  test('counts who was there: of three that are left of nine, two that go together are too many', () => {
    const peers = mesh(8);
    const before = watch(
      peers,
      6 * 75 * 60,
      (peer, minute) => minute >= (peers.indexOf(peer) - 2) * 75 * 60 && peer > 'peer 1',
    );
    const left = peers.filter((peer) => healthOf(before, peers)[peer] === 'alive');
    expect(left).toEqual(['peer 0', 'peer 1']);
    const after = watch(peers, 60, () => true, before);
    expect(judge(after, peers, DEFAULT_HEALTH).braked.toSorted()).toEqual(left);
  });

  test('ends after a week, and then the usual 72 hours must still pass', () => {
    const peers = mesh(3);
    const dead = (peer: string): boolean => peer !== 'peer 2';
    const aWeek = watch(peers, 7 * 24 * 60 - 5, dead);
    expect(healthOf(aWeek, peers)['peer 0']).toBe('suspect');
    const over = watch(peers, 15, dead, aWeek);
    expect(healthOf(over, peers)['peer 0']).toBe('away');
    expect(healthOf(watch(peers, 71 * 60, dead, over), peers)['peer 0']).toBe('away');
    expect(healthOf(watch(peers, 72 * 60, dead, over), peers)['peer 0']).toBe('lost');
  });

  test('lets a network come back peer by peer without calling the last ones lost', () => {
    const peers = mesh(5);
    const silent = watch(peers, 100 * 60, () => true);
    const returning = watch(peers, 60, (peer, minute) => minute < peers.indexOf(peer) * 10, silent);
    expect(new Set(judge(returning, peers, DEFAULT_HEALTH).health.values())).toEqual(new Set(['alive']));
    const half = watch(peers, 5, (peer) => peer === 'peer 4', silent);
    expect(healthOf(half, peers)['peer 4']).toBe('suspect');
  });

  test('does not bring back whom it lost long before', () => {
    const peers = mesh(4);
    const before = watch(peers, 80 * 60, (peer) => peer === 'peer 0');
    const after = watch(peers, 60, (peer) => peer !== 'peer 3', before);
    expect(healthOf(after, peers)).toEqual({
      'peer 0': 'lost',
      'peer 1': 'suspect',
      'peer 2': 'suspect',
      'peer 3': 'alive',
    });
  });
});

describe('observe and judge', () => {
  const settings: HealthSettings = { suspectMs: 2, awayMs: 5, lostMs: 20, togetherMs: 6, brakeMs: 40 };
  const steps = fc.record({
    size: fc.integer({ min: 1, max: 8 }),
    heard: fc.array(fc.nat(255), { minLength: 1, maxLength: 80 }),
  });

  /** The rule read literally: every pair of silences, every window. */
  function naiveBraked(book: HealthBook, watched: readonly string[]): string[] {
    const doubtful = book.silences.filter(
      (s) => s.silentMs >= settings.suspectMs && s.silentMs < settings.lostMs,
    );
    return watched.filter((peer) =>
      doubtful.some((first) => {
        const window = doubtful.filter(
          (s) => s.sinceMs >= first.sinceMs && s.sinceMs - first.sinceMs <= settings.togetherMs,
        );
        const gone = book.silences.filter((s) => s.sinceMs < first.sinceMs).length;
        const fresh = book.runningMs - first.sinceMs < settings.brakeMs;
        const many = window.length > 1 && window.length > (watched.length + 1 - gone) / 3;
        return fresh && many && window.some((s) => s.peer === peer);
      }),
    );
  }

  test('agree with the rule read literally, step by step', () => {
    fc.assert(
      fc.property(steps, ({ size, heard }) => {
        const watched = Array.from({ length: size }, (_, n) => `${n}`);
        let book: HealthBook = EMPTY_HEALTH_BOOK;
        for (const bits of heard) {
          const braked = naiveBraked(book, watched);
          const answered = new Set(watched.filter((_, n) => (bits >> n) % 2 === 0));
          const next = observe(book, { elapsedMs: 1, watched, heard: answered }, settings);
          for (const peer of watched) {
            const before = book.silences.find((s) => s.peer === peer)?.silentMs ?? 0;
            const after = next.silences.find((s) => s.peer === peer)?.silentMs ?? 0;
            expect(after).toBe(answered.has(peer) ? 0 : braked.includes(peer) ? before : before + 1);
          }
          book = next;
          const judgement = judge(book, watched, settings);
          expect(judgement.braked.toSorted()).toEqual(naiveBraked(book, watched).toSorted());
          for (const peer of judgement.braked) expect(judgement.health.get(peer)).toBe('suspect');
          expect(judgement.health.size).toBe(size);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('call whoever stays silent lost in bounded time: the brake, then the usual time', () => {
    fc.assert(
      fc.property(steps, ({ size, heard }) => {
        const watched = Array.from({ length: size }, (_, n) => `${n}`);
        let book: HealthBook = EMPTY_HEALTH_BOOK;
        for (const bits of heard) {
          const answered = new Set(watched.filter((_, n) => (bits >> n) % 2 === 0));
          book = observe(book, { elapsedMs: 1, watched, heard: answered }, settings);
        }
        const end = settings.brakeMs + settings.togetherMs + settings.lostMs;
        for (let n = 0; n < end; n++) {
          book = observe(book, { elapsedMs: 1, watched, heard: new Set() }, settings);
        }
        expect(new Set(judge(book, watched, settings).health.values())).toEqual(new Set(['lost']));
      }),
      { numRuns: 100 },
    );
  });
});
