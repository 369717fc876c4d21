/** Copies that are not what they should be: lazy peers, bit rot, and what the owner dropped (R4, L4). */
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { VaultError } from '../../src/model/errors.ts';
import { cidText } from '../../src/model/ids.ts';
import { DAY, HOUR, MINUTE, Stage } from './stage.ts';

let stage: Stage;
afterEach(() => stage.stop());

describe('copies decay', () => {
  it('finds a peer that deleted its chunks but claims them, and heals around it (R4)', async () => {
    stage = new Stage();
    const [alfa, bravo, charlie, delta] = await stage.enter4();
    const chunks = stage.chunks(40);
    await stage.backUp(chunks, [alfa, bravo, charlie, delta]);
    await stage.pass(5 * MINUTE);
    const liar = stage.holding(delta).chunks;
    liar.get = () => Promise.resolve(undefined);
    liar.has = (digests) => Promise.resolve(digests.map(() => true));

    const unsoundFor = (actor: typeof alfa): boolean =>
      stage.status(actor).peers.some(({ peer, unsound }) => peer === delta.name && unsound);
    const found = await stage.passUntil(HOUR, () => [alfa, bravo, charlie].every(unsoundFor));
    expect(found).toBe(true);
    const honest = [alfa, bravo, charlie];
    const healed = async (): Promise<boolean> => {
      for (const { digest } of chunks) {
        const who = await stage.whoHas(digest);
        if (!honest.every((actor) => who.includes(actor))) return false;
      }
      return true;
    };
    expect(await stage.passUntil(20 * MINUTE, healed)).toBe(true);
  });

  it('finds bit rot by scrub, and repairs it (R4)', async () => {
    stage = new Stage({ settings: { scrubMs: 3 * HOUR, syncMs: 5 * MINUTE, auditMs: 100 * DAY } });
    const [alfa, bravo, charlie] = await stage.enter(['alfa', 'bravo', 'charlie']);
    if (!alfa || !bravo || !charlie) throw new Error('nobody');
    const chunks = stage.chunks(20);
    await stage.backUp(chunks, [alfa, bravo, charlie]);
    const [victim] = chunks;
    if (!victim) throw new Error('no chunk');
    const path = alfa.disk.paths().find((one) => one.endsWith(join('/', cidText(victim.digest))));
    expect(path && alfa.disk.damage(path, (bytes) => bytes.with(9, (bytes[9] ?? 0) ^ 1))).toBe(true);
    expect(await stage.fewestCopies(chunks.slice(1))).toBe(3);

    await stage.pass(4 * HOUR);
    expect(stage.status(alfa).scrub).toMatchObject({ damaged: 1 });
    expect(stage.status(alfa).scrub.lastPassMs).toBeDefined();
    expect(await stage.fewestCopies(chunks)).toBe(3);
  });

  it('gets a table that rotted from the others, and is a keeper again, with the owner gone (R2, P3)', async () => {
    stage = new Stage();
    const [alfa, bravo, charlie] = await stage.enter(['alfa', 'bravo', 'charlie']);
    if (!alfa || !bravo || !charlie) throw new Error('nobody');
    const chunks = stage.chunks(10);
    await stage.backUp(chunks, [alfa, bravo, charlie]);
    await stage.pass(5 * MINUTE);
    stage.kill(alfa);
    const path = alfa.disk.paths().find((one) => one.endsWith('/table/newest'));
    expect(path && alfa.disk.damage(path, (bytes) => bytes.with(9, (bytes[9] ?? 0) ^ 1))).toBe(true);
    await stage.comeBack(alfa);
    expect(await stage.passUntil(10 * MINUTE, () => stage.kept(alfa).member)).toBe(true);
    expect(stage.kept(alfa).keeping).toBe(256);
  });

  it('keeps dropped chunks in the trash, and purges them later (L4)', async () => {
    stage = new Stage({
      settings: { trashMs: 5 * HOUR, expiryMs: HOUR, syncMs: 5 * MINUTE, auditMs: 3 * HOUR },
    });
    const [alfa, bravo, charlie] = await stage.enter(['alfa', 'bravo', 'charlie']);
    if (!alfa || !bravo || !charlie) throw new Error('nobody');
    const chunks = stage.chunks(20);
    await stage.backUp(chunks, [alfa, bravo, charlie]);
    await stage.pass(2 * HOUR);
    const drops = chunks.slice(0, 12).map(({ digest }) => digest);
    await stage.write([alfa, bravo, charlie], { entry: stage.laptop.entry({ drops }) });
    await stage.pass(2 * HOUR);
    for (const actor of [alfa, bravo, charlie]) {
      expect(stage.kept(actor)).toMatchObject({ live: 8, missing: 0, trash: 12 });
    }
    expect(await stage.holding(alfa).chunks.get(drops[0] ?? new Uint8Array(32))).toBeDefined();

    await stage.pass(6 * HOUR);
    for (const actor of [alfa, bravo, charlie]) expect(stage.kept(actor).trash).toBe(0);
    expect(await stage.holding(alfa).chunks.get(drops[0] ?? new Uint8Array(32))).toBeUndefined();
    expect(await stage.fewestCopies(chunks.slice(12))).toBe(3);
  });
});

describe('a keeper that admits that it lacks chunks', () => {
  it('and never fetches them loses its place to the next, until its disk takes them again (R2)', async () => {
    stage = new Stage({ settings: { stuckMs: 3 * HOUR } });
    const [alfa, bravo, charlie, delta] = await stage.enter4();
    const [echo] = await stage.enter(['echo']);
    if (!echo) throw new Error('nobody');
    const chunks = stage.chunks(40);
    await stage.backUp(chunks, [alfa, bravo, charlie]);
    await stage.write([alfa, bravo, charlie, delta, echo], {});
    const disk = stage.holding(delta).chunks;
    const put = disk.put.bind(disk);
    disk.put = () => Promise.reject(new VaultError('io', 'the disk fails'));
    stage.kill(charlie);

    await stage.pass(2.5 * HOUR);
    expect(await stage.fewestCopies(chunks)).toBe(2);
    expect(stage.kept(delta).missing).toBeGreaterThan(0);
    const healed = async (): Promise<boolean> => (await stage.fewestCopies(chunks)) === 3;
    expect(await stage.passUntil(2 * HOUR, healed)).toBe(true);
    expect(alfa.warnings.join()).toContain(`peer ${delta.name} has lacked chunks`);

    disk.put = put;
    expect(await stage.passUntil(2 * HOUR, () => stage.kept(delta).missing === 0)).toBe(true);
    const trimmed = async (): Promise<boolean> => (await stage.mostCopies(chunks)) === 3;
    expect(await stage.passUntil(3 * HOUR, trimmed)).toBe(true);
    expect(await stage.fewestCopies(chunks)).toBe(3);
  });
});

describe('a keeper that takes no log entries', () => {
  it('does not know what it lacks, and loses its place to the next, until it takes them again (R2, L3)', async () => {
    stage = new Stage({ settings: { stuckMs: 3 * HOUR } });
    const [alfa, bravo, charlie, delta] = await stage.enter4();
    const [echo] = await stage.enter(['echo']);
    if (!echo) throw new Error('nobody');
    const { logs } = stage.holding(delta);
    const append = logs.append.bind(logs);
    logs.append = () => Promise.reject(new VaultError('no-space', 'no room for logs'));
    const chunks = stage.chunks(40);
    await stage.backUp(chunks, [alfa, bravo, charlie]);
    await stage.write([alfa, bravo, charlie, delta, echo], {});
    stage.kill(charlie);

    await stage.pass(2.5 * HOUR);
    expect(await stage.fewestCopies(chunks)).toBe(2);
    expect(stage.kept(delta).missing).toBe(0);
    const healed = async (): Promise<boolean> => (await stage.fewestCopies(chunks)) === 3;
    expect(await stage.passUntil(2 * HOUR, healed)).toBe(true);
    expect(alfa.warnings.join()).toContain(`peer ${delta.name} has lacked chunks`);

    logs.append = append;
    const took = (): boolean => stage.kept(delta).live === chunks.length && stage.kept(delta).missing === 0;
    expect(await stage.passUntil(2 * HOUR, took)).toBe(true);
    const trimmed = async (): Promise<boolean> => (await stage.mostCopies(chunks)) === 3;
    expect(await stage.passUntil(3 * HOUR, trimmed)).toBe(true);
    expect(await stage.fewestCopies(chunks)).toBe(3);
  });
});

describe('a peer whose allowance was lowered below what it keeps', () => {
  it('still learns from the logs what it should keep, and what it has no room for goes to others (R5, L3)', async () => {
    stage = new Stage();
    const [alfa, bravo, charlie, delta] = await stage.enter4();
    const first = stage.chunks(30, 10_000);
    await stage.backUp(first, [alfa, bravo, charlie, delta]);
    stage.kill(delta);
    delta.maxVaultBytes = 150_000;
    await stage.comeBack(delta);
    const second = stage.chunks(30, 10_000);
    await stage.backUp(second, [alfa, bravo, charlie, delta]);
    const healed = async (): Promise<boolean> =>
      (await stage.fewestCopies([...first, ...second])) === 3 && stage.kept(delta).missing === 0;
    expect(await stage.passUntil(HOUR, healed)).toBe(true);
    expect(stage.kept(delta).live).toBe(60);
    expect(stage.kept(delta).declined).toBeGreaterThan(0);
  });
});

describe('a holder that is cut off', () => {
  it('expires nothing that an entry elsewhere may keep alive (L2)', async () => {
    stage = new Stage({ settings: { expiryMs: HOUR, syncMs: 5 * MINUTE, auditMs: 12 * HOUR } });
    const [alfa, bravo, charlie] = await stage.enter(['alfa', 'bravo', 'charlie']);
    if (!alfa || !bravo || !charlie) throw new Error('nobody');
    await stage.backUp(stage.chunks(2), [alfa, bravo, charlie]);
    await stage.pass(10 * MINUTE);
    const [chunk] = stage.chunks(1);
    if (!chunk) throw new Error('no chunk');
    await stage.holding(alfa).chunks.put(chunk);
    stage.hub.isolate(alfa.name);
    const adds = [{ digest: chunk.digest, size: chunk.bytes.length }];
    await stage.holding(bravo).append(stage.laptop.entry({ adds }));
    await stage.pass(6 * HOUR);
    expect(stage.kept(alfa)).toMatchObject({ uncommitted: 1 });
    stage.hub.heal();
    await stage.pass(20 * MINUTE);
    expect(stage.kept(alfa)).toMatchObject({ uncommitted: 0, live: 3, missing: 0 });
    expect(await stage.fewestCopies([chunk])).toBe(3);
  });
});

describe('files that vanish behind the back of a peer', () => {
  it('are noticed when somebody asks for a proof, and fetched again (R4)', async () => {
    stage = new Stage();
    const [alfa, bravo, charlie] = await stage.enter(['alfa', 'bravo', 'charlie']);
    if (!alfa || !bravo || !charlie) throw new Error('nobody');
    const chunks = stage.chunks(12);
    await stage.backUp(chunks, [alfa, bravo, charlie]);
    await stage.pass(5 * MINUTE);
    for (const { digest } of chunks) {
      const path = alfa.disk.paths().find((one) => one.endsWith(cidText(digest)));
      if (path) alfa.disk.destroy(path);
    }
    const noticed = (): boolean => [bravo, charlie].some((actor) => stage.status(actor).audits.admitted > 0);
    expect(await stage.passUntil(HOUR, noticed)).toBe(true);
    expect(await stage.passUntil(2 * HOUR, async () => (await stage.fewestCopies(chunks)) === 3)).toBe(true);
    await stage.pass(3 * HOUR);
    for (const actor of [bravo, charlie]) {
      expect(stage.status(actor).peers.map(({ unsound }) => unsound)).toEqual([false, false]);
      expect(stage.status(actor).audits.absent).toBe(0); // it lied to nobody
    }
  });
});
