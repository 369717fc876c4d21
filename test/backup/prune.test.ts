/** Prune, undelete and retire, one case at a time: what is given up, what stays, what comes back, and what is refused (L1, L4). */
import { describe, expect, it, onTestFinished } from 'vitest';
import { runPrune } from '../../src/backup/prune.ts';
import { retireDevice } from '../../src/backup/retire-device.ts';
import { forgottenSnapshots, runUndelete } from '../../src/backup/undelete.ts';
import { announceForgets, beginUpkeep } from '../../src/backup/upkeep.ts';
import type { SnapshotRecord } from '../../src/vault/log-books.ts';
import { type UpkeepDevice, UpkeepWorld, type Wish } from './upkeep-world.ts';

const ALL = 0b1111_1111;
const HALF = 0b0000_1111;

function world(): { world: UpkeepWorld; one: UpkeepDevice; two: UpkeepDevice; three: UpkeepDevice } {
  const made = new UpkeepWorld(3);
  onTestFinished(() => made.close());
  const [one, two, three] = made.devices;
  if (!one || !two || !three) throw new Error('three devices');
  return { world: made, one, two, three };
}

function does(on: UpkeepWorld, ...wishes: readonly Wish[]): Promise<void> {
  return on.play({ wishes, seed: 1, unrest: 0, ticks: 0 });
}

const backup = (device: number, pick: number): Wish => ({ device, does: 'backup', pick });

async function forget(device: UpkeepDevice, ids: readonly string[]): Promise<void> {
  await device.sync();
  await beginUpkeep(device.upkeep());
  await announceForgets(device.upkeep(), ids);
}

function newest(device: UpkeepDevice): SnapshotRecord {
  const record = device.state.snapshots().at(-1);
  if (!record) throw new Error('no snapshot');
  return record;
}

describe('prune', () => {
  it('gives up what only forgotten snapshots used, in fact and in count; the space is free after the trash', async () => {
    const { world: on, one } = world();
    await does(on, backup(0, HALF));
    await does(on, backup(0, ALL));
    const before = on.holders[0]?.stored.length ?? 0;
    await forget(one, [newest(one).id]);
    const plan = await runPrune({ ...one.upkeep(), dryRun: true });
    expect(plan).toMatchObject({ holders: 0 });
    const done = await runPrune(one.upkeep());
    expect(done).toMatchObject({ kept: plan.kept, dropped: plan.dropped, holders: 3 });
    expect(done.dropped.chunks).toBeGreaterThan(3);
    expect((await runPrune(one.upkeep())).dropped.chunks).toBe(0);
    await on.settle();
    expect(on.holders[0]?.stored.length).toBe(before - done.dropped.chunks);
  });

  it('leaves what another device uses, and says how much that is (L1)', async () => {
    const { world: on, one, two } = world();
    await does(on, backup(0, ALL));
    await does(on, backup(1, ALL));
    await forget(one, one.acknowledged);
    const done = await runPrune(one.upkeep());
    const shared = done.others.get(one.state.logs.device(two.device.id)?.no ?? 0);
    expect(shared?.chunks).toBeGreaterThan(4);
    await on.check();
    expect([...on.books.snapshots]).toHaveLength(1);
  });

  it('refuses, and drops nothing, when a directory of a live snapshot cannot be read', async () => {
    const { world: on, one } = world();
    await does(on, backup(0, HALF));
    await does(on, backup(0, ALL));
    const kept = one.state.snapshots()[0];
    await forget(one, [newest(one).id]);
    const root = kept?.snapshot.root[0]?.chunk ?? new Uint8Array();
    for (const holder of on.holders) holder.lose(root);
    const entries = one.state.logs.device(one.device.id)?.next;
    await expect(runPrune(one.upkeep())).rejects.toMatchObject({
      code: 'lost',
      message: expect.stringContaining('nothing was pruned'),
    });
    expect(one.state.logs.device(one.device.id)?.next).toBe(entries);
  });

  it('has what it gave up added again when a later backup needs it', async () => {
    const { world: on, one } = world();
    await does(on, backup(0, ALL));
    await forget(one, [newest(one).id]);
    await runPrune(one.upkeep());
    await does(on, backup(0, ALL));
    await on.check();
    expect(on.books.snapshots.size).toBe(1);
  });

  it('of a device takes account of what another device forgot, and says so in its own log', async () => {
    const { world: on, one, two } = world();
    await does(on, backup(0, ALL));
    await forget(two, [...on.books.snapshots.keys()]);
    await one.sync();
    expect((await runPrune(one.upkeep())).dropped.chunks).toBeGreaterThan(4);
    const own = one.state.logs.device(one.device.id)?.no ?? 0;
    expect(one.state.logs.forgottenByOthers(own, own)).toEqual([]);
  });
});

describe('undelete', () => {
  it('calls nothing restored of which a chunk was purged between the question and the entry (S4)', async () => {
    const { world: on, one } = world();
    await does(on, backup(0, ALL));
    const record = newest(one);
    await forget(one, [record.id]);
    await runPrune(one.upkeep());
    const last = (await on.chunksOf(record.id)).at(-1) ?? new Uint8Array();
    let asked = 0;
    const isThere: typeof on.isThere = async (digests) => {
      const there = await on.isThere(digests);
      if (asked++ === 0) for (const holder of on.holders) holder.lose(last);
      return there;
    };
    await one.sync();
    const [done] = await runUndelete({ ...one.upkeep(), records: [record], isThere });
    expect(done).toMatchObject({ id: undefined, chunksMissing: 1 });
    expect(one.state.snapshots()).toEqual([]);
    expect(forgottenSnapshots(one.state)).toHaveLength(1);
  });

  it('brings a pruned snapshot back from the trash under a new id, which any device may do', async () => {
    const { world: on, one, two } = world();
    await does(on, backup(0, ALL));
    const { id, snapshot } = newest(one);
    await forget(one, [id]);
    await runPrune(one.upkeep());
    await two.sync();
    const records = forgottenSnapshots(two.state);
    const [back] = await runUndelete({ ...two.upkeep(), records, isThere: on.isThere });
    expect(back).toMatchObject({ chunksMissing: 0, complete: true });
    expect(two.state.snapshots()).toEqual([
      expect.objectContaining({
        id: back?.id,
        snapshot: { ...snapshot, device: two.device.id, original: id },
      }),
    ]);
    expect(forgottenSnapshots(two.state)).toEqual([]);
    await on.settle();
    expect(on.books.snapshots.has(back?.id ?? '')).toBe(true);
  });

  it('of one that came back and was forgotten again offers the last of them only', async () => {
    const { world: on, one } = world();
    await does(on, backup(0, HALF));
    await forget(one, [newest(one).id]);
    const again = async (): Promise<string | undefined> => {
      const records = forgottenSnapshots(one.state);
      expect(records).toHaveLength(1);
      return (await runUndelete({ ...one.upkeep(), records, isThere: on.isThere }))[0]?.id;
    };
    const first = await again();
    await forget(one, [first ?? '']);
    const second = await again();
    expect(second).not.toBe(first);
    expect(one.state.snapshots().map(({ id }) => id)).toEqual([second]);
  });

  it('counts what is gone, and leaves a snapshot that cannot be whole', async () => {
    const { world: on, one } = world();
    await does(on, backup(0, ALL));
    await forget(one, [newest(one).id]);
    await runPrune(one.upkeep());
    const records = forgottenSnapshots(one.state);
    const needed = await on.chunksOf(records[0]?.id ?? '');
    for (const holder of on.holders) for (const chunk of needed.slice(-2)) holder.lose(chunk);
    const [left] = await runUndelete({ ...one.upkeep(), records, isThere: on.isThere });
    expect(left).toMatchObject({ id: undefined, chunksMissing: 2 });
    expect(one.state.snapshots()).toEqual([]);
  });
});

describe('retire', () => {
  const retire = (by: UpkeepDevice, { device }: UpkeepDevice): ReturnType<typeof retireDevice> =>
    retireDevice({ ...by.upkeep(), target: device.id, sync: async () => void (await by.sync()) });

  it('takes over what the other device’s snapshots need; what it forgets later is pruned (L1)', async () => {
    const { world: on, one, two } = world();
    await does(on, backup(0, ALL));
    await two.sync();
    const done = await retire(two, one);
    expect(done).toMatchObject({ snapshots: 1, holders: 3 });
    expect(done.chunksAdded).toBeGreaterThan(8);
    await on.check();
    expect((await runPrune(two.upkeep())).dropped.chunks).toBe(0);
    await forget(two, [...on.books.snapshots.keys()]);
    expect((await runPrune(two.upkeep())).dropped.chunks).toBe(done.chunksAdded);
    expect(on.books.live.size).toBe(0);
    await on.compareBooks();
  });

  it('takes over again what that device writes until the very end', async () => {
    const { world: on, one, two } = world();
    await one.backup(HALF);
    await two.sync();
    const late = [ALL];
    const sync = async (): Promise<void> => {
      for (const pick of late.splice(0)) await one.backup(pick);
      await two.sync();
    };
    const done = await retireDevice({ ...two.upkeep(), target: one.device.id, sync });
    expect(done.snapshots).toBe(2);
    await on.check();
    expect(on.books.snapshots.size).toBe(2);
  });

  it('of a device that had retired another keeps the snapshots of both; everybody reads it alike', async () => {
    const { world: on, one, two, three } = world();
    await one.backup(HALF);
    await two.sync();
    await two.backup(ALL);
    await retire(two, one);
    await three.sync();
    expect((await retire(three, two)).snapshots).toBe(2);
    expect((await runPrune(three.upkeep())).dropped.chunks).toBe(0);
    await on.check();
    await on.compareBooks();
  });

  it('of a device whose snapshot a third one forgot misleads no holder that lacks the third one’s log (L3)', async () => {
    const { world: on, one, two, three } = world();
    await one.backup(ALL);
    const late = on.holders[2];
    if (!late) throw new Error('three holders');
    late.away = true;
    await forget(three, one.acknowledged);
    await two.sync();
    late.away = false;
    await retireDevice({ ...two.upkeep(), target: one.device.id, sync: async () => undefined });
    await on.check();
    expect(late.books.snapshots.size).toBe(0);
  });

  it('ends what that device may do, which is told so', async () => {
    const { world: on, one, two } = world();
    await does(on, backup(0, HALF));
    await two.sync();
    await retire(two, one);
    await one.sync();
    await expect(runPrune(one.upkeep())).rejects.toMatchObject({ code: 'denied' });
    await does(on, backup(0, ALL));
    expect(on.books.snapshots.size).toBe(1);
    await expect(retire(two, one)).rejects.toMatchObject({ code: 'usage' });
    await expect(retire(two, two)).rejects.toMatchObject({ code: 'usage' });
  });
});

describe('a commit', () => {
  it('of chunks that vanished meanwhile fails clearly; the next run sends them again (L2)', async () => {
    const { world: on, one, two } = world();
    await does(on, backup(0, ALL));
    await two.sync();
    const [chunk] = (await on.chunksOf(newest(one).id)).slice(-1);
    for (const holder of on.holders) if (chunk) holder.lose(chunk);
    await expect(two.backup(ALL)).rejects.toMatchObject({
      code: 'lost',
      message: expect.stringContaining('on no holder'),
    });
    expect(two.acknowledged).toEqual([]);
    await two.backup(ALL);
    expect(on.holders.every((holder) => chunk !== undefined && holder.get(chunk) !== undefined)).toBe(true);
    expect(two.acknowledged).toHaveLength(1);
  });

  it('takes out of the trash what another device pruned since this one looked', async () => {
    const { world: on, one, two } = world();
    await does(on, backup(0, ALL));
    await two.sync();
    await forget(one, [newest(one).id]);
    await runPrune(one.upkeep());
    await two.backup(ALL);
    await on.settle();
    expect([...on.books.snapshots.keys()]).toEqual(two.acknowledged);
  });
});

describe('what was signed and not taken yet', () => {
  const refuse = (on: UpkeepWorld, refuses: boolean): void => {
    for (const holder of on.holders) holder.refuses = refuses;
  };

  it('is not pruned away under a snapshot that is still on its way to the holders', async () => {
    const { world: on, one } = world();
    await one.backup(ALL);
    await forget(one, one.acknowledged);
    refuse(on, true);
    await expect(one.backup(ALL)).rejects.toMatchObject({ code: 'too-few-peers' });
    refuse(on, false);
    expect((await runPrune(one.upkeep())).dropped.chunks).toBeLessThan(4);
    expect(on.books.snapshots.size).toBe(1);
    await on.check();
  });

  it('drops chunks that a later backup adds again', async () => {
    const { world: on, one } = world();
    await one.backup(ALL);
    await forget(one, one.acknowledged);
    refuse(on, true);
    await expect(runPrune(one.upkeep())).rejects.toMatchObject({ code: 'too-few-peers' });
    refuse(on, false);
    await one.backup(ALL);
    expect(on.books.snapshots.size).toBe(1);
    await on.check();
  });

  it('does not keep an undeleted snapshot from adding what a backup that was cut off had sent again', async () => {
    const { world: on, one } = world();
    await one.backup(ALL);
    await forget(one, one.acknowledged);
    await runPrune(one.upkeep());
    await does(on, { ...backup(0, ALL), killAt: 30 });
    expect(one.state.chunks.pendingCount).toBeGreaterThan(2);
    const records = forgottenSnapshots(one.state);
    await runUndelete({ ...one.upkeep(), records, isThere: on.isThere });
    expect(on.books.snapshots.size).toBe(1);
    await on.check();
  });
});

describe('a holder that was away', () => {
  it('is never told to drop chunks of a snapshot that it takes for live (L3, L4)', async () => {
    const { world: on, one, two } = world();
    await one.backup(ALL);
    const late = on.holders[2];
    if (!late) throw new Error('three holders');
    late.away = true;
    await forget(two, one.acknowledged);
    await one.sync();
    late.away = false;
    expect((await runPrune(one.upkeep())).dropped.chunks).toBeGreaterThan(4);
    expect(late.books.snapshots.size).toBe(0);
    await on.check();
  });
});
