/** The owner's machine in the holder table that his backups write (P2, decision 3). */
import { afterEach, expect, it } from 'vitest';
import type { HolderTable } from '../../src/format/holder-table.ts';
import { type Actor, Stage } from '../scenarios/stage.ts';
import { StagedOwner } from './staged-owner.ts';

let stage: Stage;
afterEach(() => stage.stop());

function tableAt({ holdings }: Actor): HolderTable {
  const [vault] = holdings.vaults();
  const table = vault && holdings.vault(vault)?.table.newest()?.table;
  if (!table) throw new Error('no table came here');
  return table;
}

it('is written when peers are elsewhere, once', async () => {
  stage = new Stage();
  const [alfa, bravo] = await stage.enter(['alfa', 'bravo']);
  if (!alfa || !bravo) throw new Error('nobody');
  const owner = new StagedOwner(stage);
  await stage.enter(['own'], { machine: owner.machine });
  await owner.create([alfa, bravo]);
  await owner.backUp();
  expect(tableAt(alfa)).toMatchObject({ version: 1, avoid: [owner.machine] });
  expect(tableAt(alfa).members.map(({ peer }) => peer)).toEqual([alfa.name, bravo.name].sort());
  await owner.backUp();
  expect(tableAt(bravo).version).toBe(1);
});

it('is not written in a trial mesh, and is as soon as a peer elsewhere comes', async () => {
  stage = new Stage();
  const owner = new StagedOwner(stage);
  const [own] = await stage.enter(['own'], { machine: owner.machine });
  if (!own) throw new Error('nobody');
  await owner.create([own]);
  await owner.backUp();
  expect('avoid' in tableAt(own)).toBe(false);
  const [alfa] = await stage.enter(['alfa']);
  await owner.backUp();
  expect(tableAt(own)).toMatchObject({ version: 2, avoid: [owner.machine] });
  expect(alfa && tableAt(alfa)).toEqual(tableAt(own));
});
