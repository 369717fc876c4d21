/** A holder that failed audits counts as not holding, whatever it says (R4, S4). */
import { afterEach, describe, expect, it } from 'vitest';
import { accusedHolders, type HolderView } from '../../src/api/ask-holders.ts';
import { answer } from '../maintenance/view-world.ts';
import { HOUR, MINUTE, Stage } from '../scenarios/stage.ts';
import { StagedOwner } from './staged-owner.ts';

const says = (peer: string, ...accuses: string[]): HolderView => ({ peer, answer: answer({ accuses }) });

describe('whose copies count for nothing', () => {
  it.each([
    ['one word among many accuses nobody', [says('a', 'c'), says('b'), says('c')], []],
    ['two words do', [says('a', 'c'), says('b', 'c'), says('c')], ['c']],
    ['one word does where nobody else can know', [says('a', 'b'), says('b')], ['b']],
    ['strangers accuse nobody', [says('x', 'a'), says('y', 'a'), says('a'), says('b')], []],
    ['nobody accuses itself', [says('a', 'a')], []],
  ])('%s', (_name, views, accused) => {
    expect([...accusedHolders(['a', 'b', 'c'], views)]).toEqual(accused);
  });
});

describe('an owner whose holder lies', () => {
  let stage: Stage;
  afterEach(() => stage.stop());

  it('is told of two copies, not of three, by status, the next backup, check and repair', async () => {
    stage = new Stage();
    const [alfa, bravo, charlie] = await stage.enter(['alfa', 'bravo', 'charlie']);
    if (!alfa || !bravo || !charlie) throw new Error('nobody');
    const owner = new StagedOwner(stage);
    await owner.create([alfa, bravo, charlie]);
    await owner.backUp();
    const before = await owner.visit((vault) => vault.status());
    expect(before.snapshots[0]).toMatchObject({ copiesMin: 3, peersCanBeLost: 2 });

    const [vault] = charlie.holdings.vaults();
    const liar = vault && charlie.holdings.vault(vault)?.chunks;
    if (!liar) throw new Error('no holder');
    liar.get = () => Promise.resolve(undefined);
    liar.has = (digests) => Promise.resolve(digests.map(() => true));
    const found = (): boolean =>
      [alfa, bravo].every((actor) => stage.status(actor).peers.some(({ unsound }) => unsound));
    expect(await stage.passUntil(HOUR, found)).toBe(true);
    await stage.pass(2 * MINUTE);

    const after = await owner.visit((vaultNow) => vaultNow.status());
    expect(after.snapshots[0]).toMatchObject({ copiesMin: 2, peersCanBeLost: 1 });
    expect(after.away).toMatchObject([{ peer: charlie.name, health: 'unsound' }]);
    const summary = await owner.visit((vaultNow) => vaultNow.backup({ paths: ['/data'] }));
    expect(summary).toMatchObject({ copiesTarget: 3, copiesMin: 2 });
    const check = await owner.visit((vaultNow) => vaultNow.check({}));
    expect(check).toMatchObject({ ok: true, chunksShort: check.chunks });
    const repair = await owner.visit((vaultNow) => vaultNow.repair({}));
    expect(repair).toMatchObject({ copiesMade: 0, stillShort: after.chunks, holdersSilent: 0 });
  });
});
