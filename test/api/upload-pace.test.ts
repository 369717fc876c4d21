/** The limit of an upload as a store feels it (T4). */
import { expect, it } from 'vitest';
import { paceOf } from '../../src/api/upload-pace.ts';
import { SimulatedClock } from '../../src/runtime/simulated-clock.ts';
import { World } from '../replication/world.ts';

const KIB = 1024;
const MINUTE = 60_000;

it('lets through what the time of day allows, in the time zone of the machine', async () => {
  const clock = new SimulatedClock(Date.parse('2026-06-10T05:50:00Z'));
  const pace = paceOf('08:00-18:00=64k', { clock, timeZone: () => 'Europe/Berlin' });
  const startMs = clock.monotonicMs();
  const send = async (count: number): Promise<number> => {
    for (let i = 0; i < count; i++) await pace?.(640 * KIB, undefined);
    return clock.monotonicMs() - startMs;
  };
  expect(await clock.until(send(1000))).toBe(0);
  await clock.advance(10 * MINUTE);
  const tookMs = (await clock.until(send(31))) - 10 * MINUTE;
  expect(tookMs / 1000).toBeCloseTo(300, -1); // 10 s for each after the first
});

it('is no limit where none is asked for, and refuses nonsense', () => {
  const parts = { clock: new SimulatedClock(), timeZone: () => 'UTC' };
  expect(paceOf(undefined, parts)).toBeUndefined();
  expect(() => paceOf('fast', parts)).toThrow(expect.objectContaining({ code: 'usage' }));
});

it('counts all copies of a chunk before the first is sent, and begins none when the run is ended', async () => {
  const world = await World.make({ seed: 1, peers: 4 });
  const asked: number[] = [];
  const ending = new AbortController();
  const store = world.store({
    pace: async (bytes, signal) => {
      asked.push(bytes);
      signal?.throwIfAborted();
    },
  });
  const [first, second] = world.chunks(2);
  if (!first || !second) throw new Error('two chunks were asked for');
  await world.run(store.put(first, { signal: ending.signal }));
  ending.abort(new Error('ended'));
  const refused = await world.run(
    store.put(second, { signal: ending.signal }).catch((error: unknown) => error),
  );
  expect(refused).toBe(ending.signal.reason);
  expect(asked[0]).toBe(3 * first.bytes.length);
  expect((await world.whoHas(second.digest)).size).toBe(0);
});
