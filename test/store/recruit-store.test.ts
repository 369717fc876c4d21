import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { keyPairOfSeed, sign } from '../../src/crypto/ed25519.ts';
import { peerNameOfKey } from '../../src/crypto/peer-key.ts';
import { encodeRecruitment, MAX_RECRUITS } from '../../src/format/recruitment.ts';
import type { PeerName } from '../../src/model/ids.ts';
import { MemoryDisk } from '../../src/runtime/memory-disk.ts';
import { SeededRandom } from '../../src/runtime/seeded-random.ts';
import { RecruitStore } from '../../src/store/recruit-store.ts';
import { TableStore } from '../../src/store/table-store.ts';
import { SampleVault } from './sample-log.ts';

const vault = new SampleVault();
const FOLDER = '/v/table';
const peers = Array.from({ length: 80 }, (_, i) => {
  const pair = keyPairOfSeed(new SeededRandom(`peer ${i}`).bytes(32));
  return { name: peerNameOfKey(pair.publicKey), sign: (bytes: Uint8Array) => sign(pair.privateKey, bytes) };
});
const nameOf = (peer: number): PeerName => peers[peer]?.name ?? '';
const tableOf = (version: number, ...members: number[]): Uint8Array =>
  vault.table(version, { members: members.map((n) => ({ peer: nameOf(n), weight: 5, zone: `z${n}` })) });
function record(by: number, peer: number, of: SampleVault = vault): Uint8Array {
  const recruitment = { vault: of.id, peer: nameOf(peer), zone: `z${peer}`, weight: 3, by: nameOf(by) };
  return encodeRecruitment(recruitment, peers[by]?.sign ?? vault.sign);
}

interface Opened {
  readonly disk: MemoryDisk;
  readonly table: TableStore;
  readonly recruits: RecruitStore;
}

async function open(disk = new MemoryDisk(), onDamage?: () => void): Promise<Opened> {
  const table = await TableStore.open(disk, FOLDER, vault.id);
  const options = { disk, folder: FOLDER, vault: vault.id, table: () => table.newest() };
  return {
    disk,
    table,
    recruits: await RecruitStore.open({ ...options, ...(onDamage ? { onDamage } : {}) }),
  };
}

const named = (recruits: RecruitStore): PeerName[] => recruits.members().map(({ peer }) => peer);

describe('the members of a vault', () => {
  test('are those of the table, then whom they recruited, and whom those recruited (R2)', async () => {
    const { table, recruits } = await open();
    await table.write(tableOf(1, 0, 1));
    expect(await recruits.merge([record(2, 3), record(0, 2)])).toBe(true);
    expect(recruits.members().filter(({ recruited }) => !recruited)).toHaveLength(2);
    expect(recruits.members().filter(({ recruited }) => recruited)).toEqual([
      { peer: nameOf(2), zone: 'z2', weight: 3, recruited: true },
      { peer: nameOf(3), zone: 'z3', weight: 3, recruited: true },
    ]);
    expect(await recruits.merge([record(2, 3)])).toBe(false);
  });

  test('are the same after a restart', async () => {
    const { disk, table, recruits } = await open();
    await table.write(tableOf(1, 0));
    await recruits.merge([record(0, 2), record(0, 5)]);
    const again = await open(disk);
    expect(again.recruits.members()).toEqual(recruits.members());
    expect(again.recruits.list()).toEqual(recruits.list());
    expect(again.recruits.usage()).toBe(recruits.usage());
    expect(recruits.usage()).toBeGreaterThan(0);
  });

  test('are nobody whom no member recruited, nobody of another vault, nothing forged or broken', async () => {
    const { table, recruits } = await open();
    await table.write(tableOf(1, 0));
    const broken = record(0, 2).map((byte, i) => (i === 60 ? byte ^ 1 : byte));
    const foreign = record(0, 3, new SampleVault('other'));
    expect(await recruits.merge([record(4, 5), broken, foreign, new Uint8Array(9)])).toBe(false);
    expect(named(recruits)).toEqual([nameOf(0)]);
    expect(recruits.list()).toEqual([]);
  });

  test('forget a recruit once the owner has signed it in, and those of a member whom he has signed out', async () => {
    const { table, recruits } = await open();
    await table.write(tableOf(1, 0, 1));
    await recruits.merge([record(0, 2), record(1, 3)]);
    await table.write(tableOf(2, 0, 2));
    expect(recruits.list()).toEqual([]);
    expect(recruits.members().map(({ peer, recruited }) => [peer, recruited])).toEqual(
      [nameOf(0), nameOf(2)].toSorted().map((peer) => [peer, false]),
    );
  });

  test('are the same on all holders that have seen the same, in whatever order (R2)', async () => {
    const pairs = fc.array(
      fc.tuple(fc.nat(9), fc.nat(9)).filter(([by, peer]) => by !== peer),
      { maxLength: 14 },
    );
    await fc.assert(
      fc.asyncProperty(pairs, fc.string(), async (all, seed) => {
        const records = all.map(([by, peer]) => record(by, peer));
        const [one, other] = [await open(), await open()];
        for (const { table } of [one, other]) await table.write(tableOf(1, 0, 1));
        const random = new SeededRandom(seed);
        const cut = Math.floor(random.fraction() * records.length);
        await one.recruits.merge(records.slice(0, cut));
        await other.recruits.merge(records.slice(cut));
        for (let round = 0; round < 12; round++) {
          await one.recruits.merge([...other.recruits.list(), ...records]);
          await other.recruits.merge([...one.recruits.list(), ...records]);
        }
        expect(one.recruits.list()).toEqual(other.recruits.list());
        expect(await one.recruits.merge(other.recruits.list())).toBe(false);
      }),
      { numRuns: 25 },
    );
  });

  test('have a bounded number of recruits', async () => {
    const { table, recruits } = await open();
    await table.write(tableOf(1, 0));
    const all = Array.from({ length: 79 }, (_, i) => record(0, i + 1));
    for (const one of all) await recruits.merge([one]);
    expect(recruits.list()).toHaveLength(MAX_RECRUITS);
    const other = await open();
    await other.table.write(tableOf(1, 0));
    await other.recruits.merge(all.toReversed());
    expect(other.recruits.list()).toEqual(recruits.list());
  });

  test('survive damage of their file: it is put away, and others tell them again', async () => {
    const { disk, table, recruits } = await open();
    await table.write(tableOf(1, 0));
    await recruits.merge([record(0, 2)]);
    disk.damage(`${FOLDER}/recruits`, (bytes) => bytes.fill(7));
    let damaged = 0;
    const again = await open(disk, () => damaged++);
    expect(damaged).toBe(1);
    expect(again.recruits.usage()).toBe(recruits.usage()); // it counts as long as it lies there
    expect(named(again.recruits)).toEqual([nameOf(0)]);
    expect(await again.recruits.merge([record(0, 2)])).toBe(true);
    expect(disk.paths()).toContain(`${FOLDER}/recruits-damaged`);
  });
});
