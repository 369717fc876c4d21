/** Devices with fewer rights, through the production code of owners and holders: what each can do, and what nobody lets it do (L1, L4). */
import { afterEach, describe, expect, it } from 'vitest';
import type { VaultHandle } from '../../src/api/vault-handle.ts';
import { sealChunk } from '../../src/crypto/chunk-cipher.ts';
import { sign } from '../../src/crypto/ed25519.ts';
import { encodeAnnouncement } from '../../src/format/announcement.ts';
import { ChunkKind } from '../../src/format/kinds.ts';
import { encodeLogEntry, type LogEntry } from '../../src/format/log-entry.ts';
import type { Sign } from '../../src/format/signed.ts';
import { bytesEqual } from '../../src/model/bytes.ts';
import { isVaultError } from '../../src/model/errors.ts';
import type { VaultHome } from '../../src/vault/vault-home.ts';
import { type Actor, Stage } from '../scenarios/stage.ts';
import { StagedOwner } from './staged-owner.ts';

let stage: Stage;
afterEach(() => stage.stop());

interface Cast {
  readonly owner: StagedOwner;
  readonly actors: Actor[];
}

/** A vault with one backup by its owner on four holders. */
async function begin(): Promise<Cast> {
  stage = new Stage();
  const actors = await stage.enter(['alfa', 'bravo', 'charlie', 'delta']);
  const owner = new StagedOwner(stage);
  await owner.create(actors);
  await owner.backUp(4);
  return { owner, actors };
}

function holdingOf(actor: Actor) {
  const [vault] = actor.holdings.vaults();
  const holding = vault && actor.holdings.vault(vault);
  if (!holding) throw new Error(`${actor.label} keeps nothing`);
  return holding;
}

/** The next entry of a stolen device's log on a holder; its own key has to do for the vault's. */
function nextEntry({ vault, device }: VaultHome, actor: Actor, body: Partial<LogEntry>): Uint8Array {
  const head = holdingOf(actor)
    .logs.heads()
    .find((one) => bytesEqual(one.device, device.id));
  const place = { sequence: head?.next ?? 0, previous: head?.hash };
  const own: Sign = (message) => sign(device.privateKey, message);
  return encodeLogEntry({ vault, device: device.id, ...place, adds: [], drops: [], ...body }, own, own);
}

const denied = async (
  owner: StagedOwner,
  work: (vault: VaultHandle) => Promise<unknown>,
): Promise<string> => {
  try {
    await owner.visit(work);
    return 'was allowed';
  } catch (error) {
    return isVaultError(error, 'denied') ? error.message : `another error: ${String(error)}`;
  }
};

const restored = async (owner: StagedOwner, snapshot: string) => {
  await owner.visit((vault) => vault.restore({ snapshot, target: '/restored', overwrite: 'always' }));
  return owner.restored;
};

describe('an append-only device', () => {
  it('backs up, dedups its own, restores its own, and sees nothing of what others backed up', async () => {
    const { owner } = await begin();
    const web = await owner.invited('web', 'append-only');
    await web.backUp(3);
    const again = await web.visit((vault) => vault.backup({ paths: ['/data'] }));
    expect(again).toMatchObject({ filesNew: 0, filesUnmodified: 3, copiesMin: 3 });
    const listed = await web.visit((vault) => vault.snapshots());
    expect(listed.map(({ host }) => host)).toEqual(['web', 'web']);
    expect(
      [...(await restored(web, 'latest')).keys()].filter((name) => name.includes('/data/')),
    ).toHaveLength(3);
    const [first] = await owner.visit((vault) => vault.snapshots());
    const read = web.visit((vault) => vault.list({ snapshot: first?.id ?? '' }));
    await expect(read).rejects.toMatchObject({ code: 'not-found' });
  });

  it('is read by the owner, whose own next backup takes nothing over from it', async () => {
    const { owner } = await begin();
    const web = await owner.invited('web', 'append-only');
    await web.backUp(3);
    const listed = await owner.visit((vault) => vault.snapshots());
    expect(listed.map(({ host }) => host)).toEqual(['owner', 'web']);
    await restored(owner, listed[1]?.id ?? '');
    expect([...owner.restored.keys()].filter((name) => name.includes('/data/'))).toHaveLength(3);
    const next = await owner.visit((vault) => vault.backup({ paths: ['/data'], host: 'web' }));
    expect(next).toMatchObject({ filesUnmodified: 0 });
  });

  it.each<[string, (vault: VaultHandle) => Promise<unknown>]>([
    ['forget', (vault) => vault.forget({ snapshots: ['latest'] })],
    ['prune', (vault) => vault.prune()],
    ['bring back', (vault) => vault.undelete({ all: true })],
    ['retire', (vault) => vault.retireDevice({ device: 'owner' })],
    ['invite', (vault) => vault.inviteDevice({ name: 'x', role: 'keeper', passphrase: 'x' })],
    ['give up a peer', (vault) => vault.repair({ lost: ['alfa'] })],
  ])('is told that it may not %s', async (_what, work) => {
    const { owner } = await begin();
    const web = await owner.invited('web', 'append-only');
    await web.backUp(3);
    expect(await denied(web, work)).toContain('this device ("web") is append-only: it cannot');
  });

  it('cannot destroy the past, whatever a thief signs with what it has (L4)', async () => {
    const { owner, actors } = await begin();
    const web = await owner.invited('web', 'append-only');
    await web.backUp(3);
    const before = await owner.visit((vault) => vault.snapshots());
    const thief = await web.stolen();
    expect(thief.keys.secret ?? thief.keys.signPrivate).toBeUndefined();
    for (const actor of actors) {
      const { books, chunks, logs } = holdingOf(actor);
      const victim = books.sampleKept(0.5)?.digest;
      const target = logs.heads().find(({ device }) => !bytesEqual(device, thief.device.id));
      if (!victim || !target) throw new Error('nothing to destroy');
      const { device, next, hash } = target;
      for (const body of [{ drops: [victim] }, { retires: { device, next, hash } }]) {
        const forged = stage.run(holdingOf(actor).append(nextEntry(thief, actor, body)));
        await expect(forged).rejects.toMatchObject({ code: 'forgery' });
      }
      const forgets = before.map(({ id }) => id);
      const said = encodeAnnouncement({ index: [], forgets });
      const announcement = sealChunk(thief.keys, ChunkKind.announcement, said).bytes;
      await stage.run(holdingOf(actor).append(nextEntry(thief, actor, { announcement })));
      expect(chunks.usage().trashChunks).toBe(0);
    }
    expect(await owner.visit((vault) => vault.snapshots())).toEqual(before);
    const check = await owner.visit((vault) => vault.check({ readData: true }));
    expect(check).toMatchObject({ ok: true, snapshots: 2 });
  });

  it('is replaced by another that goes on with its backups, and retired: its space is the owner’s to give up', async () => {
    const { owner } = await begin();
    const web = await owner.invited('web', 'append-only');
    await web.backUp(3);
    const files = web.files;
    const next = await owner.accept(await owner.invite('web', 'append-only', 'web'), 'web');
    next.takeFiles(files);
    const summary = await next.visit((vault) => vault.backup({ paths: ['/data'] }));
    expect(summary).toMatchObject({ filesUnmodified: 3, filesNew: 0 });
    const devices = await owner.visit((vault) => vault.devices());
    const [old] = devices.filter(({ name }) => name === 'web');
    await owner.visit((vault) => vault.retireDevice({ device: old?.id ?? '' }));
    const webs = (await owner.visit((vault) => vault.snapshots())).filter(({ host }) => host === 'web');
    expect(webs).toHaveLength(2);
    await owner.visit((vault) => vault.forget({ snapshots: [webs[0]?.id ?? ''], prune: true }));
    expect((await owner.visit((vault) => vault.check({ readData: true }))).ok).toBe(true);
    await restored(next, 'latest');
    expect([...next.restored.keys()].filter((name) => name.includes('/data/'))).toHaveLength(3);
  });

  it('still has what the owner has forgotten of it, until it is retired', async () => {
    const { owner } = await begin();
    const web = await owner.invited('web', 'append-only');
    await web.backUp(2);
    const [, its] = await owner.visit((vault) => vault.snapshots());
    await owner.visit((vault) => vault.forget({ snapshots: [its?.id ?? ''], prune: true }));
    expect(await owner.visit((vault) => vault.snapshots())).toHaveLength(1);
    await restored(web, its?.id ?? '');
    expect([...web.restored.keys()].filter((name) => name.includes('/data/'))).toHaveLength(2);
    const back = await owner.visit((vault) => vault.undelete({ all: true }));
    expect(back.restored).toBe(1);
  });

  it('does not push the snapshots of others out of a policy, however new its own look', async () => {
    const { owner } = await begin();
    const web = await owner.invited('web', 'append-only');
    await web.backUp(1);
    // It says that it is the owner's machine.
    await web.visit((vault) => vault.backup({ paths: ['/data'], host: 'owner' }));
    await web.visit((vault) => vault.backup({ paths: ['/data'], host: 'owner' }));
    const { groups } = await owner.visit((vault) => vault.forget({ policy: { last: 1 }, dryRun: true }));
    const [own] = await owner.visit((vault) => vault.snapshots());
    expect(groups.flatMap(({ keep }) => keep.map(({ snapshot }) => snapshot.id))).toContain(own?.id);
  });

  it('goes on when peers come and go, with the holder table that a full device signed', async () => {
    const { owner } = await begin();
    const web = await owner.invited('web', 'append-only');
    await stage.enter(['echo', 'foxtrot']);
    await web.backUp(2);
    expect((await web.visit((vault) => vault.status())).role).toBe('append-only');
    await owner.backUp(2);
    expect((await web.visit((vault) => vault.backup({ paths: ['/data'] }))).copiesMin).toBe(3);
  });
});

describe('a keeper device', () => {
  it('counts, checks and repairs what it cannot read', async () => {
    const { owner, actors } = await begin();
    const keeper = await owner.invited('watch', 'keeper');
    const [alfa] = actors;
    if (!alfa) throw new Error('nobody');
    const digest = holdingOf(alfa).books.sampleKept(0.5)?.digest;
    if (!digest) throw new Error('no chunk');
    const status = await keeper.visit((vault) => vault.status());
    expect(status).toMatchObject({ role: 'keeper', snapshots: [], chunksUnavailable: 0 });
    const live = (await owner.visit((vault) => vault.status())).chunks;
    expect(status.chunks).toBe(live);
    const whole = await keeper.visit((vault) => vault.check({ readData: true }));
    expect(whole).toMatchObject({
      ok: true,
      chunksOnly: true,
      chunks: live,
      chunksRead: live,
      chunksShort: 0,
    });
    expect(whole.copiesVerified).toBeGreaterThanOrEqual(live * 3);
    await holdingOf(alfa).chunks.remove(digest);
    const short = await keeper.visit((vault) => vault.check());
    expect(short.chunksShort).toBeLessThanOrEqual(1);
    const report = await keeper.visit((vault) => vault.repair());
    expect(report).toMatchObject({ stillShort: 0, lost: 0 });
    expect((await keeper.visit((vault) => vault.check())).chunksShort).toBe(0);
  });

  it('says what is lost, chunk by chunk', async () => {
    const { owner, actors } = await begin();
    const keeper = await owner.invited('watch', 'keeper');
    const digest = actors[0] && holdingOf(actors[0]).books.sampleKept(0.5)?.digest;
    if (!digest) throw new Error('no chunk');
    for (const actor of actors) await holdingOf(actor).chunks.remove(digest);
    const report = await keeper.visit((vault) => vault.check());
    expect(report).toMatchObject({ ok: false, errorCount: 1 });
    expect(report.errors[0]?.path).toMatch(/^bafkrei/);
  });

  it.each<[string, (vault: VaultHandle) => Promise<unknown>]>([
    ['list snapshots', (vault) => vault.snapshots()],
    ['back up', (vault) => vault.backup({ paths: ['/data'] })],
    ['restore', (vault) => vault.restore({ snapshot: 'latest', target: '/x' })],
    ['list files', (vault) => vault.list({ snapshot: 'latest' })],
    ['forget', (vault) => vault.forget({ snapshots: ['latest'] })],
    ['bring back', (vault) => vault.undelete({ all: true })],
    ['check a snapshot', (vault) => vault.check({ snapshots: ['latest'] })],
    ['ask what if', (vault) => vault.status({ whatIf: ['alfa'] })],
    ['give up a peer', (vault) => vault.repair({ lost: ['alfa'] })],
  ])('is told that it may not %s', async (_what, work) => {
    const { owner } = await begin();
    const keeper = await owner.invited('watch', 'keeper');
    expect(await denied(keeper, work)).toContain('this device ("watch") is a keeper: it cannot');
  });
});

describe('invitations', () => {
  it('show in the list until they are used, and each device with its role', async () => {
    const { owner } = await begin();
    const invitation = await owner.invite('web', 'append-only');
    const rows = async () =>
      (await owner.visit((vault) => vault.devices())).map(({ name, role, invited }) => ({
        name,
        role,
        invited,
      }));
    expect(await rows()).toEqual([
      { name: 'owner', role: 'full', invited: false },
      { name: 'web', role: 'append-only', invited: true },
    ]);
    const web = await owner.accept(invitation, 'web');
    await owner.invited('watch', 'keeper');
    expect(await rows()).toEqual([
      { name: 'owner', role: 'full', invited: false },
      { name: 'web', role: 'append-only', invited: false },
      { name: 'watch', role: 'keeper', invited: false },
    ]);
    const seen = await web.visit((vault) => vault.devices());
    expect(seen.map(({ name, snapshots }) => [name, snapshots])).toEqual([
      ['owner', undefined],
      ['web', 0],
      ['watch', 0],
    ]);
  });

  it('serve one machine', async () => {
    const { owner } = await begin();
    const invitation = await owner.invite('web', 'append-only');
    await owner.accept(invitation, 'web');
    await expect(owner.accept(invitation, 'other')).rejects.toMatchObject({ code: 'exists' });
  });

  it('are worth nothing once the device is retired, whether it came or not', async () => {
    const { owner } = await begin();
    const unused = await owner.invite('lost', 'append-only');
    expect(await owner.visit((vault) => vault.retireDevice({ device: 'lost' }))).toMatchObject({
      device: 'lost',
      snapshotsTakenOver: 0,
    });
    await expect(owner.accept(unused, 'thief')).rejects.toMatchObject({ code: 'denied' });
    const rows = await owner.visit((vault) => vault.devices());
    expect(rows.map(({ name, retired }) => [name, retired])).toEqual([
      ['owner', false],
      ['lost', true],
    ]);
    const web = await owner.invited('web', 'append-only');
    await web.backUp(2);
    await owner.visit((vault) => vault.retireDevice({ device: 'web' }));
    expect(await denied(web, (vault) => vault.backup({ paths: ['/data'] }))).toContain('was retired');
    const keeper = await owner.invited('watch', 'keeper');
    await owner.visit((vault) => vault.retireDevice({ device: 'watch' }));
    expect((await keeper.visit((vault) => vault.repair())).copiesMade).toBe(0);
  });
});
