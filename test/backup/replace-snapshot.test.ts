/** Other tags for a snapshot that is there, also when two devices give them at once (L1, L4). */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runPrune } from '../../src/backup/prune.ts';
import { replaceSnapshot } from '../../src/backup/replace-snapshot.ts';
import { forgottenSnapshots } from '../../src/backup/undelete.ts';
import { beginUpkeep, type UpkeepOptions } from '../../src/backup/upkeep.ts';
import { type Device, KEYS, Rehearsal } from './rehearsal.ts';
import { temporaryFolder } from './temporary-folder.ts';

function upkeepOf({ mesh, state, device }: Device): UpkeepOptions {
  return { state, keys: KEYS, device, exchange: mesh.exchange, reader: mesh.store };
}

async function tagged(device: Device, tags: readonly string[]): Promise<string> {
  const [record] = device.state.snapshots();
  if (!record) throw new Error('no snapshot');
  await beginUpkeep(upkeepOf(device));
  return await replaceSnapshot(upkeepOf(device), record, tags);
}

async function backedUp(): Promise<{ mesh: Rehearsal; source: string; made: Device; id: string }> {
  const source = temporaryFolder();
  writeFileSync(join(source, 'file'), 'content');
  const mesh = new Rehearsal();
  const made = mesh.device('made');
  const { snapshotId: id } = await made.backup([source], { tags: ['old'] });
  return { mesh, source, made, id };
}

it('puts the same content with other tags in the place of a snapshot, in one entry, and sends nothing', async () => {
  const { mesh, source, made, id } = await backedUp();
  mesh.store.forgetCounts();
  const before = made.state.logs.device(made.device.id)?.next ?? 0;
  const changed = await tagged(made, ['new']);
  expect(made.state.logs.device(made.device.id)?.next).toBe(before + 1);
  expect(mesh.store.puts).toHaveLength(0);
  const [record, ...others] = made.state.snapshots();
  expect(others).toEqual([]);
  expect(record).toMatchObject({ id: changed, snapshot: { tags: ['new'], original: id } });
  expect(forgottenSnapshots(made.state)).toEqual([]);
  expect(await mesh.differences(made, changed, source)).toEqual([]);
});

it('leaves both when two devices do it at once, each with all its chunks in the log of its own device', async () => {
  const { mesh, source, made, id } = await backedUp();
  const other = mesh.device('other');
  await other.sync();
  const ids = [await tagged(made, ['a']), await tagged(other, ['b'])].sort();
  for (const device of [made, other]) {
    await device.sync();
    expect(
      device.state
        .snapshots()
        .map((record) => record.id)
        .sort(),
    ).toEqual(ids);
    expect(device.state.forgotten().map((record) => record.id)).toEqual([id]);
    const { dropped, kept } = await runPrune(upkeepOf(device));
    expect(dropped.chunks).toBe(0);
    expect(kept.chunks).toBeGreaterThan(1);
    for (const each of ids) expect(await mesh.differences(device, each, source)).toEqual([]);
  }
});

it('refuses tags that no snapshot can have, and changes nothing', async () => {
  const { made, id } = await backedUp();
  await expect(tagged(made, ['x'.repeat(300)])).rejects.toMatchObject({ code: 'usage' });
  expect(made.state.snapshots().map((record) => record.id)).toEqual([id]);
});
