/** A peer that nobody made a holder may say that it has everything: it counts for nothing (S4). */
import { afterEach, expect, it } from 'vitest';
import { vaultHoldersKey } from '../../src/crypto/mesh-keys.ts';
import type { VaultHolding } from '../../src/store/vault-holding.ts';
import { MINUTE, Stage } from '../scenarios/stage.ts';
import { StagedOwner } from './staged-owner.ts';

let stage: Stage;
afterEach(() => stage.stop());

/** One peer with a backup, and one that says that it has everything of it. */
async function withStranger(): Promise<{ owner: StagedOwner; kept: VaultHolding }> {
  stage = new Stage({ settings: { recruitMs: 100 * MINUTE } });
  const [alfa] = await stage.enter(['alfa']);
  if (!alfa) throw new Error('nobody');
  const owner = new StagedOwner(stage);
  await owner.create([alfa]);
  await owner.backUp();
  const [stranger] = await stage.enter(['stranger']);
  const [vault] = alfa.holdings.vaults();
  const kept = vault && alfa.holdings.vault(vault);
  const holding = vault && stranger?.holdings.vault(vault, true);
  if (!stranger || !kept || !holding) throw new Error('nobody');
  holding.chunks.has = (digests) => Promise.resolve(digests.map(() => true));
  for (const { device } of kept.logs.heads())
    for (const entry of await kept.logs.read(device, 0, 1e6)) await holding.append(entry);
  await stage.run(stranger.network.announce(vaultHoldersKey(stage.meshSecret, vault)));
  return { owner, kept };
}

it('does not make a vault look safer, however it is announced', async () => {
  const { owner } = await withStranger();
  const status = await owner.visit((one) => one.status());
  expect(status.snapshots[0]).toMatchObject({ copiesMin: 1, peersCanBeLost: 0 });
});

it('does not make a snapshot come back whose content is gone (L4)', async () => {
  const { owner, kept } = await withStranger();
  const [snapshot] = (await owner.visit((one) => one.status())).snapshots;
  await owner.visit((one) => one.forget({ snapshots: [snapshot?.snapshot.id ?? ''] }));
  const all = Array.from({ length: 256 }, (_, group) => kept.books.keptLive(group, 1000)).flat();
  const largest = all.toSorted((a, b) => b.size - a.size)[0]?.digest ?? new Uint8Array(32);
  await kept.chunks.remove(largest);
  const done = await owner.visit((one) => one.undelete({ all: true }));
  expect(done).toMatchObject({ restored: 0, snapshots: [{ chunksMissing: 1 }] });
});
