/** A peer that nobody made a holder may say that it has everything: it counts for nothing (S4). */
import { afterEach, expect, it } from 'vitest';
import { vaultHoldersKey } from '../../src/crypto/mesh-keys.ts';
import { MINUTE, Stage } from '../scenarios/stage.ts';
import { StagedOwner } from './staged-owner.ts';

let stage: Stage;
afterEach(() => stage.stop());

it('does not make a vault look safer, however it is announced', async () => {
  stage = new Stage({ settings: { recruitMs: 100 * MINUTE } });
  const [alfa] = await stage.enter(['alfa']);
  if (!alfa) throw new Error('nobody');
  const owner = new StagedOwner(stage);
  await owner.create([alfa]);
  await owner.backUp();
  const [stranger] = await stage.enter(['stranger']);
  const [vault] = alfa.holdings.vaults();
  const holding = vault && stranger?.holdings.vault(vault, true);
  if (!stranger || !vault || !holding) throw new Error('nobody');
  holding.chunks.has = (digests) => Promise.resolve(digests.map(() => true));
  const logs = alfa.holdings.vault(vault)?.logs;
  for (const { device } of logs?.heads() ?? [])
    for (const entry of (await logs?.read(device, 0, 1e6)) ?? []) await holding.append(entry);
  await stage.run(stranger.network.announce(vaultHoldersKey(stage.meshSecret, vault)));
  const status = await owner.visit((one) => one.status());
  expect(status.snapshots[0]).toMatchObject({ copiesMin: 1, peersCanBeLost: 0 });
});
