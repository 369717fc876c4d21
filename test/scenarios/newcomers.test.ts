/** Peers that come and peers that go in good order (R2, R5). */
import { afterEach, describe, expect, it } from 'vitest';
import { keyPairOfSeed } from '../../src/crypto/ed25519.ts';
import { peerNameOfKey } from '../../src/crypto/peer-key.ts';
import { encodeRecruitment, MAX_RECRUITS } from '../../src/format/recruitment.ts';
import { MiB } from '../../src/model/units.ts';
import { HOUR, MINUTE, Stage } from './stage.ts';

let stage: Stage;
afterEach(() => stage.stop());

describe('peers that come and go', () => {
  it('brings a backup made with one peer to three copies when peers come (R2, R5)', async () => {
    stage = new Stage();
    const [alfa] = await stage.enter(['alfa']);
    if (!alfa) throw new Error('no alfa');
    const chunks = stage.chunks(30);
    await stage.backUp(chunks, [alfa]);
    await stage.pass(20 * MINUTE);
    expect(stage.kept(alfa).short).toBe(2);

    const [bravo, charlie] = await stage.enter(['bravo', 'charlie']);
    expect(await stage.passUntil(30 * MINUTE, async () => (await stage.fewestCopies(chunks)) === 3)).toBe(
      true,
    );
    await stage.pass(3 * MINUTE);
    expect(stage.kept(alfa).short).toBe(0);
    expect([bravo, charlie].map((actor) => actor && stage.kept(actor).member)).toEqual([true, true]);
  });

  it('lets another member recruit when the first in order is gone (R2)', async () => {
    stage = new Stage();
    const [alfa, bravo, charlie, delta] = await stage.enter4();
    const chunks = stage.chunks(20);
    await stage.backUp(chunks, [alfa, bravo, charlie]);
    await stage.pass(10 * MINUTE);
    stage.kill(alfa);
    await stage.pass(2 * HOUR + 10 * MINUTE);
    expect(await stage.passUntil(HOUR, async () => (await stage.fewestCopies(chunks)) === 3)).toBe(true);
    expect(stage.kept(delta).member).toBe(true);
    expect(stage.status(bravo).recruited + stage.status(charlie).recruited).toBe(1);
  });

  it('takes copies out of a crowded zone when a peer comes to another one (P2, R5)', async () => {
    stage = new Stage();
    const crowd = await stage.enter(['alfa', 'bravo', 'charlie'], { zone: 'one house' });
    const chunks = stage.chunks(20);
    await stage.backUp(chunks, crowd);
    await stage.pass(HOUR);
    expect(crowd.map((actor) => stage.status(actor).recruited)).toEqual([0, 0, 0]);

    const [delta] = await stage.enter(['delta'], { zone: 'another house' });
    if (!delta) throw new Error('no delta');
    const inDelta = async (): Promise<boolean> => {
      const holders = await Promise.all(chunks.map(({ digest }) => stage.whoHas(digest)));
      return holders.every((actors) => actors.includes(delta));
    };
    expect(await stage.passUntil(3 * HOUR, inDelta)).toBe(true);
    await stage.pass(4 * HOUR);
    expect([await inDelta(), await stage.fewestCopies(chunks)]).toEqual([true, 3]);
  });

  it('tells people when a vault has used up its recruits, and keeps what it has (R2)', async () => {
    stage = new Stage({
      settings: {
        health: {
          suspectMs: 5 * MINUTE,
          awayMs: 6 * MINUTE,
          lostMs: 7 * MINUTE,
          togetherMs: MINUTE,
          brakeMs: 1,
        },
        auditMs: 12 * HOUR,
      },
    });
    const [alfa] = await stage.enter(['alfa']);
    if (!alfa) throw new Error('no alfa');
    const chunks = stage.chunks(5);
    await stage.backUp(chunks, [alfa]);
    const records = Array.from({ length: MAX_RECRUITS }, (_, i) => {
      const peer = peerNameOfKey(keyPairOfSeed(stage.random.bytes(32)).publicKey);
      const facts = { vault: stage.vault.id, peer, zone: `zone ${i}`, weight: 1, by: alfa.name };
      return encodeRecruitment(facts, (message) => alfa.network.sign(message));
    });
    await stage.holding(alfa).recruits.merge(records);
    await stage.enter(['bravo']);
    const told = (): boolean => alfa.warnings.some((line) => line.includes('only a backup of the owner'));
    expect(await stage.passUntil(2 * HOUR, told)).toBe(true);
    await stage.pass(10 * MINUTE);
    expect(alfa.warnings.filter((line) => line.includes('only a backup of the owner'))).toHaveLength(1);
    expect(stage.kept(alfa)).toMatchObject({ live: 5, missing: 0, members: 1 + MAX_RECRUITS });
  });

  it('says when a drained peer may be switched off, and then it may (R5)', async () => {
    stage = new Stage();
    const [alfa, bravo, charlie, delta] = await stage.enter4();
    const chunks = stage.chunks(40);
    await stage.backUp(chunks, [alfa, bravo, charlie, delta]);
    await stage.pass(5 * MINUTE);

    await stage.run(delta.node.drain(true));
    expect(stage.status(delta)).toMatchObject({ draining: true, safeToLeave: false });
    expect(await stage.passUntil(HOUR, () => stage.status(delta).safeToLeave)).toBe(true);
    stage.kill(delta);
    expect(await stage.fewestCopies(chunks)).toBe(3);

    await stage.comeBack(delta);
    expect(stage.status(delta).draining).toBe(true);
    await stage.run(delta.node.drain(false));
    expect(stage.status(delta)).toMatchObject({ draining: false, safeToLeave: false });
  });

  it('never calls a drained peer safe to leave while its copies are needed (S4)', async () => {
    stage = new Stage();
    const [alfa, bravo, charlie] = await stage.enter(['alfa', 'bravo', 'charlie']);
    if (!alfa || !bravo || !charlie) throw new Error('nobody');
    await stage.backUp(stage.chunks(20), [alfa, bravo, charlie]);
    await stage.run(charlie.node.drain(true));
    await stage.pass(2 * HOUR);
    expect(stage.status(charlie)).toMatchObject({ draining: true, safeToLeave: false, unsafeChunks: 20 });
    expect(stage.kept(charlie).short).toBe(1);

    await stage.enter(['delta']);
    expect(await stage.passUntil(HOUR, () => stage.status(charlie).safeToLeave)).toBe(true);
  });

  it('relieves a full peer of some of its groups (R5)', async () => {
    stage = new Stage();
    const [alfa, bravo, charlie] = await stage.enter(['alfa', 'bravo', 'charlie']);
    const [small] = await stage.enter(['small'], { capacityBytes: 4 * MiB });
    if (!alfa || !bravo || !charlie || !small) throw new Error('nobody');
    const chunks = stage.chunks(103, 50_000);
    await stage.backUp(chunks, [alfa, bravo, charlie, small], 3);
    await stage.pass(30 * MINUTE);
    expect(stage.kept(small).declined).toBeGreaterThan(0);
    expect(await stage.fewestCopies(chunks)).toBe(3);
    expect(await stage.passUntil(2 * HOUR, () => small.holdings.usage().bytes < 0.87 * 4 * MiB)).toBe(true);
    expect(await stage.fewestCopies(chunks)).toBe(3);
  });

  it('hands over what a limit for one vault leaves no room for (R5)', async () => {
    stage = new Stage();
    const [alfa, bravo, charlie] = await stage.enter(['alfa', 'bravo', 'charlie']);
    const [tight] = await stage.enter(['tight'], { maxVaultBytes: 2 * MiB });
    if (!alfa || !bravo || !charlie || !tight) throw new Error('nobody');
    const chunks = stage.chunks(80, 50_000);
    await stage.backUp(chunks, [alfa, bravo, charlie, tight], 3);
    expect(await stage.fewestCopies(chunks)).toBe(2);
    expect(await stage.passUntil(HOUR, () => stage.kept(tight).declined > 0)).toBe(true);
    expect(await stage.passUntil(2 * HOUR, async () => (await stage.fewestCopies(chunks)) === 3)).toBe(true);
    expect(stage.kept(tight).missing).toBe(0);
  });

  it('copies what two full peers have no room for to newcomers, though nothing full can be given away yet (R3, R5)', async () => {
    stage = new Stage();
    const [alfa] = await stage.enter(['alfa']);
    const [tight, narrow] = await stage.enter(['tight', 'narrow'], { maxVaultBytes: 2 * MiB });
    if (!alfa || !tight || !narrow) throw new Error('nobody');
    const chunks = stage.chunks(80, 50_000);
    await stage.backUp(chunks, [alfa, tight, narrow], 3);
    expect(await stage.fewestCopies(chunks)).toBe(1);
    await stage.enter(['delta', 'echo']); // recruits: two copies of theirs and one signed one are not enough to remove another
    expect(await stage.passUntil(4 * HOUR, async () => (await stage.fewestCopies(chunks)) === 3)).toBe(true);
  });
});
