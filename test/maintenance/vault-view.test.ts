import { describe, expect, it } from 'vitest';
import type { Asked } from '../../src/maintenance/contacts.ts';
import { WantedPass } from '../../src/maintenance/wanted.ts';
import { type Digest, GROUPS, keyOf } from '../../src/model/ids.ts';
import { holderOrder } from '../../src/policy/placement.ts';
import type { RemotePeer } from '../../src/protocol/remote-peer.ts';
import { STUCK_MS, tableOf, ViewWorld } from './view-world.ts';

const PEERS = ['us', 'ann', 'bob', 'cid', 'dan'];

function digest(group: number, n: number): Digest {
  const bytes = new Uint8Array(32).fill(n + 1);
  bytes[0] = group;
  return bytes;
}

describe('VaultView', () => {
  it('gives each group to the first of the holder order (P3, R2)', async () => {
    const { view } = await ViewWorld.make(PEERS);
    for (let group = 0; group < GROUPS; group += 17) {
      const order = holderOrder({ members: view.members }, view.vault, group);
      expect(view.keepers(group)).toEqual(order.slice(0, 3));
      expect(view.taskOf(group)).toBe(order.indexOf('us') < 3 ? 'keeper' : 'none');
    }
  });

  it('moves only what a lost member kept, and takes it back (R1)', async () => {
    const world = await ViewWorld.make(PEERS);
    const before = Array.from({ length: GROUPS }, (_, group) => world.view.keepers(group));
    world.health.set('ann', 'lost');
    world.refresh();
    before.forEach((keepers, group) => {
      const now = world.view.keepers(group);
      expect(keepers.filter((peer) => peer !== 'ann').every((peer) => now.includes(peer))).toBe(true);
    });
    world.health.clear();
    world.refresh();
    expect(Array.from({ length: GROUPS }, (_, group) => world.view.keepers(group))).toEqual(before);
  });

  it('believes that a peer is silent only when every signed member that answers says so (R1)', async () => {
    const world = await ViewWorld.make(PEERS);
    world.says('ann', { silent: [world.silent('dan', 5000)] });
    expect(world.reported.get('dan')).toBe(5000);
    world.says('bob', { silent: [] });
    expect(world.reported.get('dan')).toBe(0);
    world.says('bob', { silent: [world.silent('dan', 2000), world.silent('us', 9000)] });
    expect(world.reported.get('dan')).toBe(2000);
    expect(world.view.healthOf('dan')).toBe('lost');
    world.says('mallory', { silent: [] });
    expect(world.view.healthOf('dan')).toBe('lost');
    world.health.set('ann', 'suspect');
    world.says('bob', { silent: [] });
    expect(world.view.healthOf('dan')).toBe('alive');
  });

  it('lets surplus go by what we hear ourselves, whatever others say of silence (R3)', async () => {
    const world = await ViewWorld.make(['us', 'ann', 'bob']);
    world.says('bob', { silent: [world.silent('ann', 5000)] });
    expect(world.view.healthOf('ann')).toBe('lost');
    expect(world.view.maySpare(new Set(['bob', 'sybil 1', 'sybil 2']))).toBe(false);
  });

  it('knows who has a whole group by its digests', async () => {
    const world = await ViewWorld.make(PEERS);
    const chunks = [digest(1, 1), digest(1, 2), digest(2, 1)];
    await world.adds(chunks);
    world.says('ann', { table: tableOf(chunks) });
    world.says('bob', { table: tableOf(chunks.slice(0, 1)) });
    const live = world.view.holding.books.liveDigests();
    expect([1, 2].map((group) => world.view.hasWhole('ann', group, live))).toEqual([true, true]);
    expect([1, 2].map((group) => world.view.hasWhole('bob', group, live))).toEqual([false, false]);
    expect(world.view.hasWhole('cid', 1, live)).toBe(false);
  });
});

describe('a keeper that never fetches what it lacks (8.10)', () => {
  const chunks = [digest(1, 1), digest(2, 1)];
  const lacking = { missing: 2, missingMs: 1e9, table: tableOf([]) };

  /** Four members of a vault with three copies; `ann` is a keeper of both groups and has neither. */
  async function start() {
    const world = await ViewWorld.make(['ann', 'bob', 'cid', 'dan', 'us']);
    await world.adds(chunks);
    const keeper = world.view.keepers(1).find((peer) => peer !== 'us') ?? '';
    const says = (from: number, to: number): void => {
      for (let atMs = from; atMs <= to; atMs += STUCK_MS / 5) world.says(keeper, lacking, atMs);
    };
    return { world, view: world.view, keeper, says };
  }

  it('gives its place to the next, and gets it back when it has the group', async () => {
    const { world, view, keeper, says } = await start();
    const before = view.keepers(1);
    const other = before.find((peer) => peer !== keeper && peer !== 'us') ?? '';
    world.says(other, { table: tableOf(chunks) });
    says(0, STUCK_MS / 2);
    expect(view.keepers(1)).toEqual(before);
    says(STUCK_MS / 2, 2 * STUCK_MS);
    expect(view.stuck()).toEqual([keeper]);
    expect(view.keepers(1)).not.toContain(keeper);
    expect(view.keepers(1)).toHaveLength(3);
    for (const peer of before) if (peer !== keeper) expect(view.keepers(1)).toContain(peer);
    world.says(keeper, { missing: 1, missingMs: 1e9, table: tableOf(chunks.slice(0, 1)) }, 2 * STUCK_MS + 1);
    expect(view.keepers(1)).toEqual(before);
  });

  it('keeps it while nobody else has the chunks either, or only who failed audits', async () => {
    const { world, view, keeper, says } = await start();
    const before = view.keepers(1);
    says(0, 3 * STUCK_MS);
    expect(view.keepers(1)).toEqual(before);
    const other = before.find((peer) => peer !== keeper && peer !== 'us') ?? '';
    world.unsound = new Set([other]);
    world.says(other, { table: tableOf(chunks) });
    expect(view.stuck()).toEqual([]);
  });
});

describe('WantedPass (R2)', () => {
  /** Answers `has` as these peers would; notes who was asked. */
  function contacts(has: Readonly<Record<string, readonly Digest[]>>, asked: string[] = []) {
    return {
      ask: async <T>(
        peer: string,
        _: unknown,
        question: (remote: RemotePeer) => Promise<T>,
      ): Promise<Asked<T>> => {
        asked.push(peer);
        const known = new Set((has[peer] ?? []).map(keyOf));
        const remote = { has: async (some: readonly Digest[]) => some.map((one) => known.has(keyOf(one))) };
        return { kind: 'answer', value: await question(remote as unknown as RemotePeer) };
      },
    };
  }
  const { signal } = new AbortController();

  it('wants the chunks with the fewest known copies first', async () => {
    const world = await ViewWorld.make(['us', 'ann', 'bob']);
    const rare = digest(9, 1);
    const usual = [digest(3, 1), digest(3, 2), digest(200, 1)];
    await world.adds([...usual, rare]);
    const pass = new WantedPass(contacts({ ann: [...usual, rare], bob: usual }), 'us');
    const wanted = await pass.next([world.view], signal);
    expect(wanted.map((one) => one.sources.length)).toEqual([1, 2, 2, 2]);
    expect(keyOf(wanted[0]?.digest ?? new Uint8Array())).toBe(keyOf(rare));
    expect(await pass.next([world.view], signal)).toEqual([]);
  });

  it('asks nobody who shows by his digests that he has the whole group', async () => {
    const world = await ViewWorld.make(['us', 'ann', 'bob']);
    const chunks = [digest(3, 1), digest(3, 2)];
    await world.adds(chunks);
    world.says('ann', { table: tableOf(chunks) });
    world.says('bob', { table: tableOf(chunks) });
    const asked: string[] = [];
    const wanted = await new WantedPass(contacts({}, asked), 'us').next([world.view], signal);
    expect(wanted.map((one) => one.sources)).toEqual(
      [
        ['ann', 'bob'],
        ['ann', 'bob'],
      ].map((names) => expect.arrayContaining(names)),
    );
    expect(asked).toEqual([]);
  });

  it('wants nothing that is not its task, and looks at a bounded number at a time', async () => {
    const world = await ViewWorld.make(['us', 'ann', 'bob', 'cid', 'dan'], 1);
    const chunks = Array.from({ length: GROUPS * 4 }, (_, i) => digest(i % GROUPS, i >> 8));
    await world.adds(chunks);
    const pass = new WantedPass(contacts({ ann: chunks }), 'us');
    const all: Digest[] = [];
    for (
      let some = await pass.next([world.view], signal);
      some.length > 0;
      some = await pass.next([world.view], signal)
    ) {
      expect(some.length).toBeLessThanOrEqual(256);
      all.push(...some.map((one) => one.digest));
    }
    const mine = chunks.filter((one) => world.view.taskOf(one[0] ?? 0) === 'keeper');
    expect(new Set(all.map(keyOf))).toEqual(new Set(mine.map(keyOf)));
    expect(all).toHaveLength(mine.length);
  });
});

describe('VaultView.comparedMs (L4)', () => {
  it('is when two co-holders were last compared with, or whoever is left', async () => {
    const world = await ViewWorld.make(PEERS);
    const never = Number.NEGATIVE_INFINITY;
    expect(world.view.comparedMs(9)).toBe(never);
    world.view.compared('ann', 5);
    expect(world.view.comparedMs(9)).toBe(never);
    world.view.compared('bob', 7);
    world.view.compared('ann', 8);
    expect(world.view.comparedMs(9)).toBe(7);
    for (const peer of ['bob', 'cid', 'dan']) world.health.set(peer, 'lost');
    world.refresh();
    expect(world.view.comparedMs(9)).toBe(8);
    world.health.set('ann', 'lost');
    world.refresh();
    expect(world.view.comparedMs(9)).toBe(8);
    expect((await ViewWorld.make(['us'])).view.comparedMs(9)).toBe(9);
  });

  it('is never while the table is not here: nobody knows then who else is a member (P3)', async () => {
    const { view } = await ViewWorld.make([]);
    expect(view.members).toEqual([]);
    expect(view.comparedMs(9)).toBe(Number.NEGATIVE_INFINITY);
  });
});
