/** Copies of the log count like copies of chunks: not on the owner's own machine (P2, S4). */
import { afterEach, expect, it } from 'vitest';
import { VaultError } from '../../src/model/errors.ts';
import { MINUTE, Stage } from '../scenarios/stage.ts';
import { StagedOwner } from './staged-owner.ts';

let stage: Stage;
afterEach(() => stage.stop());

it('is told of one copy when one peer elsewhere took the log, and the peer at home', async () => {
  stage = new Stage();
  const owner = new StagedOwner(stage);
  const [own] = await stage.enter(['own'], { machine: owner.machine });
  if (!own) throw new Error('nobody');
  await owner.create([own]);
  await owner.backUp();
  const [alfa, bravo, charlie] = await stage.enter(['alfa', 'bravo', 'charlie']);
  if (!alfa || !bravo || !charlie) throw new Error('nobody');
  await owner.backUp();
  await stage.pass(10 * MINUTE);
  const [vault] = alfa.holdings.vaults();
  for (const { holdings } of [bravo, charlie]) {
    const holding = vault && holdings.vault(vault);
    if (!holding) throw new Error('no holder');
    holding.append = () => Promise.reject(new VaultError('io', 'the disk of the logs is broken'));
  }
  const summary = await owner.visit((one) => one.backup({ paths: ['/data'] }));
  expect(summary).toMatchObject({ copiesTarget: 3, copiesMin: 1 });
});
