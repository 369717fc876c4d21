import { afterEach, describe, expect, it } from 'vitest';
import { encodeRecruitment } from '../../src/format/recruitment.ts';
import { VaultError } from '../../src/model/errors.ts';
import { GROUPS } from '../../src/model/ids.ts';
import { RemotePeer } from '../../src/protocol/remote-peer.ts';
import { type Actor, MINUTE, Stage } from '../scenarios/stage.ts';

let stage: Stage;
afterEach(() => stage.stop());

/** A line from one peer to another about the vault of the stage. */
function line(from: Actor, to: Actor): RemotePeer {
  return new RemotePeer({ network: from.network, peer: to.name, vault: stage.vault.id, clock: stage.clock });
}

async function pledgesOf(from: Actor, to: Actor): Promise<number> {
  const remote = line(from, to);
  let pledged = 0;
  for (let group = 0; group < GROUPS; group += 8) {
    const ask = { nonce: new Uint8Array(32), group, pledge: true, digests: [] };
    if ((await stage.run(remote.prove(ask))).pledged) pledged += 1;
  }
  await remote.close();
  return pledged;
}

describe('what a peer answers the other members', () => {
  it('pledges what it keeps, and nothing while it gives everything away (R3, R5)', async () => {
    stage = new Stage();
    const [alfa, bravo, charlie, delta] = await stage.enter4();
    await stage.backUp(stage.chunks(5), [alfa, bravo, charlie, delta]);
    await stage.pass(3 * MINUTE);
    const pledged = await pledgesOf(alfa, bravo);
    expect(pledged).toBeGreaterThan(15);
    expect(pledged).toBeLessThan(32);
    await stage.run(bravo.node.drain(true));
    expect(await pledgesOf(alfa, bravo)).toBe(0);
    for (const other of [alfa, charlie, delta]) await stage.run(other.node.drain(true));
    await stage.pass(3 * MINUTE);
    expect(await pledgesOf(alfa, bravo)).toBe(0);
  });

  it('answers for a vault it does not know as for nothing', async () => {
    stage = new Stage();
    const [alfa, bravo] = await stage.enter(['alfa', 'bravo']);
    if (!alfa || !bravo) throw new Error('nobody');
    const remote = line(alfa, bravo);
    const zeros = new Uint8Array(32);
    const answer = await stage.run(remote.compare({ members: zeros, logs: zeros, seen: zeros }));
    expect(answer).toMatchObject({ known: false, accepting: true, missing: 0, accuses: [], silent: [] });
    const ask = { nonce: zeros, group: 0, pledge: true, digests: [zeros] };
    expect(await stage.run(remote.prove(ask))).toEqual({ pledged: false, proofs: [undefined] });
    expect(await stage.run(remote.members())).toEqual({ table: undefined, recruits: [] });
    expect(bravo.holdings.vaults()).toEqual([]);
    await remote.close();
  });

  it('follows an invitation that proves itself, and no other (R2)', async () => {
    stage = new Stage();
    const [alfa, bravo, mallory] = await stage.enter(['alfa', 'bravo', 'mallory']);
    if (!alfa || !bravo || !mallory) throw new Error('nobody');
    const { id: vault } = stage.vault;
    const members = [{ peer: alfa.name, weight: 50, zone: alfa.zone }];
    const table = stage.vault.table(1, { members });
    const record = (by: Actor): Uint8Array =>
      encodeRecruitment({ vault, peer: bravo.name, zone: bravo.zone, weight: 50, by: by.name }, (message) =>
        by.network.sign(message),
      );
    const remote = line(mallory, bravo);
    const foreign = new Uint8Array(32).fill(1);
    for (const list of [
      { table: undefined, recruits: [record(alfa)] },
      { table, recruits: [] },
      { table: table.with(50, (table[50] ?? 0) ^ 1), recruits: [record(alfa)] },
      { table, recruits: [foreign] },
    ]) {
      expect(await stage.run(remote.invite(list))).toBe(false);
      expect(bravo.holdings.vaults()).toEqual([]);
    }
    expect(await stage.run(remote.invite({ table, recruits: [record(mallory)] }))).toBe(false);
    expect(await stage.run(remote.invite({ table, recruits: [record(alfa)] }))).toBe(true);
    expect(bravo.holdings.vaults()).toHaveLength(1);
    await remote.close();
  });

  it('refuses an invitation while it is drained (R5)', async () => {
    stage = new Stage();
    const [alfa, bravo] = await stage.enter(['alfa', 'bravo']);
    if (!alfa || !bravo) throw new Error('nobody');
    await stage.run(bravo.node.drain(true));
    const members = [alfa, bravo].map(({ name, zone }) => ({ peer: name, weight: 50, zone }));
    const remote = line(alfa, bravo);
    const list = { table: stage.vault.table(1, { members }), recruits: [] };
    expect(await stage.run(remote.invite(list))).toBe(false);
    await stage.run(bravo.node.drain(false));
    expect(await stage.run(remote.invite(list))).toBe(true);
    await remote.close();
  });
});

describe('a peer that is told to stop', () => {
  it('stops also when its disk takes nothing any more, and says what that costs', async () => {
    stage = new Stage();
    const [alfa] = await stage.enter(['alfa']);
    if (!alfa) throw new Error('nobody');
    alfa.disk.fault = (operation) => {
      if (operation === 'write') throw new VaultError('no-space', 'the disk is full');
    };
    await stage.run(alfa.node.stop());
    expect(alfa.warnings.join()).toContain('its memory could not be written');
    alfa.disk.fault = undefined;
  });
});
