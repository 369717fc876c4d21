/** How many holders have what was acknowledged, counted now (L2, P2). */
import { expect, test } from 'vitest';
import { World } from './world.ts';

test('every holder is asked for its copy, and who is silent is counted apart (L2, R1)', async () => {
  const world = await World.make({ seed: 11, peers: 4 });
  const [ours] = world.peers;
  const store = world.store(ours ? { avoid: new Set([ours.name]) } : {});
  const [kept, left] = [world.chunk(), world.chunk()];
  for (const chunk of [kept, left]) await world.run(store.put(chunk));
  const holdings = world.peers.map(({ holdings }) => holdings.vault(world.vault, true).chunks);
  await holdings[0]?.put(left); // on the owner's own machine: no copy
  await holdings[2]?.remove(left.digest);
  const asked = holdings.map((chunks) => {
    const has = chunks.has.bind(chunks);
    let count = 0;
    chunks.has = (digests, options) => {
      count += digests.length;
      return has(digests, options);
    };
    return () => count;
  });
  const digests = [kept.digest, left.digest];
  expect(await world.run(store.countCopies(digests))).toEqual({ copies: [3, 2], silent: 0 });
  expect(asked.map((count) => count())).toEqual([0, 2, 2, 2]);

  world.kill(world.peers[3]?.name ?? '');
  await world.clock.advance(1000);
  expect(await world.run(store.countCopies(digests))).toEqual({ copies: [2, 1], silent: 1 });
});
