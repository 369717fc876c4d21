/** Recruits are holders for a client as soon as any member tells of them, also while the DHT does not name them (R2, P4). */
import { afterEach, describe, expect, it } from 'vitest';
import { KnownRecruits } from '../../src/api/known-recruits.ts';
import { keyPairOfSeed, sign } from '../../src/crypto/ed25519.ts';
import { peerNameOfKey } from '../../src/crypto/peer-key.ts';
import type { HolderTable } from '../../src/format/holder-table.ts';
import { encodeRecruitment, MAX_RECRUITS } from '../../src/format/recruitment.ts';
import { SeededRandom } from '../../src/runtime/seeded-random.ts';
import { differenceOf } from '../../src/simulation/memory-tree.ts';
import { type Actor, HOUR, MINUTE, Stage } from '../scenarios/stage.ts';
import { SampleVault } from '../store/sample-log.ts';
import { StagedOwner } from './staged-owner.ts';

describe('what a visit knows of recruits', () => {
  const vault = new SampleVault();
  const peers = Array.from({ length: 80 }, (_, i) => {
    const pair = keyPairOfSeed(new SeededRandom(`peer ${i}`).bytes(32));
    return { name: peerNameOfKey(pair.publicKey), sign: (bytes: Uint8Array) => sign(pair.privateKey, bytes) };
  });
  const nameOf = (peer: number): string => peers[peer]?.name ?? '';
  const record = (by: number, peer: number, of = vault.id, signer = by): Uint8Array =>
    encodeRecruitment(
      { vault: of, peer: nameOf(peer), zone: `z${peer}`, weight: 3, by: nameOf(by) },
      peers[signer]?.sign ?? vault.sign,
    );
  const tableOf = (...members: number[]): HolderTable => ({
    vault: vault.id,
    version: 1,
    copies: 3,
    members: members.map((n) => ({ peer: nameOf(n), weight: 5, zone: `z${n}` })),
  });

  it('are those with a chain from the table, whoever told of them', () => {
    const known = new KnownRecruits(vault.id);
    known.learn([record(2, 3)]);
    expect(known.peers(tableOf(0, 1))).toEqual([]);
    known.learn([record(0, 2), record(0, 2)]);
    expect(known.peers(tableOf(0, 1))).toEqual([nameOf(2), nameOf(3)]);
    expect(known.peers(tableOf(0, 2))).toEqual([nameOf(3)]);
    expect(known.peers(undefined)).toEqual([]);
  });

  it('are nobody whom a liar names: forged, of another vault, broken, or recruited by strangers', () => {
    const known = new KnownRecruits(vault.id);
    const forged = record(0, 5, vault.id, 7);
    known.learn([forged, record(0, 6, new SampleVault('other').id), record(8, 9), new Uint8Array(9)]);
    expect(known.peers(tableOf(0, 1))).toEqual([]);
  });

  it('are a bounded number, however many a dishonest member signs', () => {
    const known = new KnownRecruits(vault.id);
    for (let peer = 1; peer < 80; peer++) known.learn([record(0, peer)]);
    expect(known.peers(tableOf(0))).toHaveLength(MAX_RECRUITS);
  });
});

describe('a client whose DHT does not name the recruit', () => {
  let stage: Stage;
  afterEach(() => stage.stop());

  /** The only copies left are the recruit's. */
  async function removeFrom({ holdings }: Actor): Promise<void> {
    for (const id of holdings.vaults()) {
      const holding = holdings.vault(id);
      const digests = Array.from(
        { length: 256 },
        (_, group) => holding?.books.keptLive(group, 1000) ?? [],
      ).flat();
      for (const { digest } of digests) await holding?.chunks.remove(digest, { when: () => true });
    }
  }

  it('counts its copies, checks them and restores from them', async () => {
    stage = new Stage();
    const [alfa, bravo, charlie] = await stage.enter(['alfa', 'bravo', 'charlie']);
    if (!alfa || !bravo || !charlie) throw new Error('nobody');
    const owner = new StagedOwner(stage);
    owner.dhtNamesHolders = false;
    await owner.create([alfa, bravo, charlie]);
    await owner.backUp();
    const [delta] = await stage.enter(['delta']);
    if (!delta) throw new Error('no delta');
    stage.kill(alfa);
    expect(await stage.passUntil(4 * HOUR, () => delta.holdings.vaults().length > 0)).toBe(true);
    await stage.pass(20 * MINUTE);

    await owner.visit(async (vault) => {
      const status = await vault.status();
      expect(status.holdersAnswering).toBe(3);
      expect(status.snapshots.map(({ copiesMin }) => copiesMin)).toEqual([3]);
      await removeFrom(bravo);
      await removeFrom(charlie);
      expect(await vault.check({ readData: true })).toMatchObject({ ok: true });
      const { failed } = await vault.restore({ snapshot: 'latest', target: '/restored' });
      expect(failed).toEqual([]);
    });
    const restored = new Map([...owner.restored].filter(([path]) => path !== '/'));
    expect(differenceOf(owner.files, restored)).toBeUndefined();
  });
});
