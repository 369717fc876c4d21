/** What `vault status` learns from holders: who failed whose audits, and what is lost for good (R4, S4). */
import { afterEach, describe, expect, it } from 'vitest';
import type { HolderView } from '../../src/api/ask-holders.ts';
import { lostChunks, unsoundPeers } from '../../src/api/holder-words.ts';
import { answer } from '../maintenance/view-world.ts';
import { MINUTE, Stage } from '../scenarios/stage.ts';
import { StagedOwner } from './staged-owner.ts';

const says = (peer: string, ...accuses: string[]): HolderView => ({ peer, answer: answer({ accuses }) });

describe('who failed audits, and by whose word', () => {
  const trial = { signed: ['a', 'b', 'c', 'd'], nameOf: (peer: string) => peer.toUpperCase() };

  it('names judges that the owner signed and that are not accused themselves', () => {
    const views = [says('a', 'c', 'd'), says('b', 'c'), says('c', 'a', 'b', 'd'), says('x', 'b')];
    expect(unsoundPeers({ ...trial, views, accused: new Set(['c']) })).toEqual([
      { peer: 'c', name: 'C', by: ['A', 'B'], counted: false },
      { peer: 'd', name: 'D', by: ['A'], counted: true },
    ]);
  });

  it('calls lost no more than a holder says that nobody has', () => {
    const lacks = (unavailable?: number): HolderView => ({
      peer: 'a',
      answer: answer(unavailable === undefined ? {} : { unavailable }),
    });
    expect([lostChunks(4, [lacks(3), lacks()]), lostChunks(2, [lacks(3)]), lostChunks(2, [])]).toEqual([
      3, 2, 0,
    ]);
  });
});

describe('an owner whose holders have lost every copy of a chunk', () => {
  let stage: Stage;
  afterEach(() => stage.stop());

  it('reads that it is lost, not that it is being repaired', async () => {
    stage = new Stage();
    const [alfa, bravo, charlie] = await stage.enter(['alfa', 'bravo', 'charlie']);
    if (!alfa || !bravo || !charlie) throw new Error('nobody');
    const owner = new StagedOwner(stage);
    await owner.create([alfa, bravo, charlie]);
    await owner.backUp();
    const before = await owner.visit((vault) => vault.status());
    expect(before).toMatchObject({
      chunksUnavailable: 0,
      chunksLost: 0,
      repairing: [],
      unsound: [],
      braked: [],
    });

    const [vault] = alfa.holdings.vaults();
    if (!vault) throw new Error('no vault');
    const group = Array.from({ length: 256 }, (_, one) => one).find(
      (one) => (alfa.holdings.vault(vault)?.books.keptLive(one, 1).length ?? 0) > 0,
    );
    const digest = alfa.holdings.vault(vault)?.books.keptLive(group ?? 0, 1)[0]?.digest;
    if (!digest) throw new Error('no chunk');
    for (const actor of [alfa, bravo, charlie]) await actor.holdings.vault(vault)?.chunks.remove(digest);
    await stage.pass(5 * MINUTE);
    const after = await owner.visit((one) => one.status());
    expect(after).toMatchObject({ chunksUnavailable: 1, chunksLost: 1 });
    expect(after.repairing).toHaveLength(3);
    for (const row of after.repairing) expect(row).toMatchObject({ missing: 1, unavailable: 1 });

    stage.kill(charlie);
    await stage.pass(2 * MINUTE);
    const without = await owner.visit((one) => one.status());
    expect(without).toMatchObject({ chunksUnavailable: 1, chunksLost: 0 });
  });
});

describe('an owner most of whose holders fell silent at once', () => {
  let stage: Stage;
  afterEach(() => stage.stop());

  it('is told by the others that they wait with repair (R2)', async () => {
    stage = new Stage();
    const [alfa, bravo, charlie, delta] = await stage.enter4();
    const owner = new StagedOwner(stage);
    await owner.create([alfa, bravo, charlie, delta]);
    await owner.backUp();
    await stage.pass(5 * MINUTE);
    stage.kill(charlie);
    stage.kill(delta);
    await stage.pass(20 * MINUTE);
    const status = await owner.visit((vault) => vault.status());
    expect([...status.braked].sort()).toEqual(['alfa', 'bravo']);
  });
});
