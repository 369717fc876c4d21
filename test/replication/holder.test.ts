/** What one holder's record makes of its answers: when it rests, when it is passed over, when it is trusted no more. */
import { describe, expect, test } from 'vitest';
import { VaultError } from '../../src/model/errors.ts';
import { DAMAGED_LIMIT, Holder, REFUSED_MS } from '../../src/replication/holder.ts';
import { MemoryStore } from '../../src/store/memory-store.ts';

const digest = (n: number): Uint8Array => {
  const bytes = new Uint8Array(32);
  new DataView(bytes.buffer).setUint32(0, n);
  return bytes;
};
const holder = (): Holder => new Holder('peer', new MemoryStore('peer'));

describe('Holder', () => {
  test('rests when it was overtaken three times without one answer in between', () => {
    const stalled = holder();
    stalled.overtaken(1000, 1);
    stalled.overtaken(1000, 2);
    expect(stalled.resting(1000)).toBe(false);
    stalled.overtaken(1000, 3);
    expect(stalled.resting(1000)).toBe(true);
  });

  test('does not rest while it answers others in between, however slowly', () => {
    const slow = holder();
    for (let ms = 1000; ms < 20_000; ms += 1000) {
      slow.overtaken(ms, ms - 900);
      slow.delivered(ms + 1, ms - 800, 10);
    }
    expect(slow.resting(20_000)).toBe(false);
  });

  test('is offered no chunk for a minute after it was full or refused, but is still read from', () => {
    const full = holder();
    full.failed(0, 0, new VaultError('no-space', 'full'));
    expect([full.refusal(REFUSED_MS - 1), full.refusal(REFUSED_MS)]).toEqual(['no-space', undefined]);
    expect(full.resting(1)).toBe(false);
    expect(full.stats(1).state).toBe('full');
    full.failed(0, 0, new VaultError('denied', 'no'));
    expect(full.stats(1).state).toBe('refusing');
  });

  test('is never asked again for a chunk it delivered damaged, and for nothing at all after many', () => {
    const liar = holder();
    liar.damaged(digest(1));
    expect([liar.distrustedFor(digest(1)), liar.distrustedFor(digest(2))]).toEqual([true, false]);
    for (let n = 0; n < DAMAGED_LIMIT; n += 1) liar.damaged(digest(n));
    expect(liar.distrustedFor(digest(DAMAGED_LIMIT + 1))).toBe(true);
    expect(liar.stats(0).state).toBe('distrusted');
  });

  test('is hopeless only while it rests after several failures in a row', () => {
    const gone = holder();
    for (const ms of [1, 10_000, 30_000]) gone.failed(ms, ms - 0.5, new VaultError('timeout', 'silent'));
    expect([gone.hopeless(30_001), gone.hopeless(51_000)]).toEqual([true, false]);
  });
});
