/** Who passes chunks on: the quick ones, each as much of the time as the others, and none behind which chunks got stuck (T2). */
import { describe, expect, test } from 'vitest';
import { MiB } from '../../src/model/units.ts';
import { Holder, type HolderStore } from '../../src/replication/holder.ts';
import { Relays } from '../../src/replication/relays.ts';
import { SimulatedClock } from '../../src/runtime/simulated-clock.ts';

const notAsked = (): Promise<never> => Promise.reject(new Error('nothing is sent here'));
const store: HolderStore = { put: notAsked, get: notAsked, has: notAsked, spread: notAsked };
const holders = ['quick', 'middle', 'slow'].map((peer) => new Holder(peer, store));
/** Milliseconds that passing on a MiB takes each of them. */
const NEEDS = new Map([
  ['quick', 100],
  ['middle', 200],
  ['slow', 2000],
]);

/** Sends chunks one after the other, `rounds` of them; says how often each passed one on. */
async function sent(
  rounds: number,
  ends: (route: readonly string[]) => boolean = () => true,
): Promise<Map<string, number>> {
  const clock = new SimulatedClock();
  const relays = new Relays({ wish: 'relay', clock });
  const passed = new Map<string, number>();
  for (let i = 0; i < rounds; i++) {
    const way = relays.way(holders, MiB);
    const route = way.route?.map(({ peer }) => peer) ?? [];
    const passers = route.slice(0, -1);
    for (const peer of passers) passed.set(peer, (passed.get(peer) ?? 0) + 1);
    const tookMs = passers.reduce((sum, peer) => sum + (NEEDS.get(peer) ?? 0), 0);
    await clock.advance(400);
    if (route.length > 0) way.relayed(ends(route), tookMs);
    way.done(true);
  }
  return passed;
}

describe('who passes chunks on', () => {
  test('is seldom the one with a slow line, though nobody says whose it is', async () => {
    const passed = await sent(200);
    expect(passed.get('slow') ?? 0).toBeLessThan(40);
    expect(passed.get('slow') ?? 0).toBeGreaterThan(1); // it may have become quick
    expect(passed.get('quick') ?? 0).toBeGreaterThan(150);
  });

  test('is not the one behind whom chunks get stuck, also when he was not the first', async () => {
    const passed = await sent(60, (route) => route.indexOf('middle') === route.length - 1);
    expect(passed.get('middle') ?? 0).toBeLessThan(6);
  });
});
