/** Devices with fewer rights and shares of the words, through the programs: real peers, real files, real exit codes (L4, C1). */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { compareFolders } from '../../src/index.ts';
import { type Outcome, TestMesh } from './mesh-fixture.ts';

/** Real peers, and guesses of 64 MiB, also on a machine that is busy with other tests. */
vi.setConfig({ testTimeout: 180_000 });

/** One story, told in order. */
describe('a vault with a server and a keeper', () => {
  const mesh = new TestMesh();
  const source = path.join(mesh.root, 'source');
  const web = path.join(mesh.root, 'web-data');
  const invitation = path.join(mesh.root, 'web1.invitation');
  const INVITED = { VAULT_INVITATION_PASSWORD: 'told by telephone' };

  const at = (home: string, ...line: string[]): Promise<Outcome> =>
    mesh.vault([...line, '--json'], { home, env: INVITED });
  const errorOf = ({ err }: Outcome) =>
    JSON.parse(err.trim().split('\n').at(-1) ?? '{}') as Record<string, unknown>;

  beforeAll(async () => {
    for (const folder of [source, web]) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(path.join(folder, 'small'), `small in ${folder}\n`);
      writeFileSync(path.join(folder, 'large'), randomBytes(2_000_000));
    }
    await mesh.add(4);
    expect((await at('home', 'init', '--ticket', mesh.ticket)).code).toBe(0);
    expect((await at('home', 'backup', source)).code).toBe(0);
  }, 120_000);
  afterAll(() => mesh.end());

  it('invites the server by a file that only its owner can read', async () => {
    const made = await at('home', 'device', 'add', 'web1', '--role', 'append-only', '--output', invitation);
    expect(made.code).toBe(0);
    expect(made.messages).toMatchObject([
      { message_type: 'device_invited', name: 'web1', role: 'append-only', file: invitation },
    ]);
    expect(statSync(invitation).mode & 0o777).toBe(0o600);
    expect(readFileSync(invitation, 'utf8')).toMatch(/^vaultinvite1[a-z2-7]+\n$/);
    const { messages } = await at('home', 'device', 'list');
    expect(messages.map(({ name, role, invited }) => [name, role, invited])).toContainEqual([
      'web1',
      'append-only',
      true,
    ]);
  });

  it('lets it back up and restore its own, and nothing else', async () => {
    const wrong = await mesh.vault(['recover', '--invitation', `@${invitation}`, '--json'], {
      home: 'web',
      env: { VAULT_INVITATION_PASSWORD: 'guessed' },
    });
    expect(wrong.code).toBe(12);
    const joined = await at('web', 'recover', '--invitation', `@${invitation}`);
    expect(joined.messages[0]).toMatchObject({
      message_type: 'recovered',
      role: 'append-only',
      snapshots: 0,
    });
    expect((await at('web', 'backup', web)).code).toBe(0);
    const own = (await at('web', 'snapshots')).messages;
    expect(own).toHaveLength(1);
    const target = path.join(mesh.root, 'web-restored');
    expect((await at('web', 'restore', `latest:${web}`, '--target', target)).code).toBe(0);
    const { differences } = await compareFolders({ expected: web, actual: target, self: true });
    expect(differences).toEqual([]);
    for (const line of [
      ['forget', 'latest'],
      ['prune'],
      ['device', 'retire', 'web1'],
      ['device', 'add', 'x', '--role', 'keeper'],
      ['key', 'recovery-sheet'],
      ['key', 'split', '--shares', '3', '--threshold', '2'],
      ['repair', '--lost', 'peer-1'],
    ]) {
      const refused = await at('web', ...line);
      expect([line, refused.code, errorOf(refused).error_code]).toEqual([line, 1, 'denied']);
      expect(errorOf(refused)).toMatchObject({ data: { role: 'append-only' } });
    }
    const used = await mesh.vault(['recover', '--invitation', `@${invitation}`, '--json'], {
      home: 'twin',
      env: INVITED,
    });
    expect(errorOf(used)).toMatchObject({ error_code: 'exists' });
  });

  it('lets a keeper count, check and repair what it cannot read', async () => {
    const made = await at('home', 'device', 'add', 'watch', '--role', 'keeper');
    const text = String(made.messages[0]?.invitation);
    const joined = await mesh.vault(['recover', '--invitation', '-', '--json'], {
      home: 'watch',
      env: INVITED,
      input: text,
    });
    expect(joined.messages[0]).toMatchObject({ message_type: 'recovered', role: 'keeper' });
    const status = (await at('watch', 'status')).messages.at(-1);
    expect(status).toMatchObject({ role: 'keeper', copies_min: 3, snapshots: 0 });
    const check = await at('watch', 'check', '--read-data');
    expect(check.code).toBe(0);
    expect(check.messages.at(-1)).toMatchObject({ ok: true, chunks_only: true, chunks: status?.chunks });
    expect((await at('watch', 'snapshots')).code).toBe(1);
    const plain = await mesh.vault(['status'], { home: 'watch' });
    expect(plain.out).toContain('snapshots are sealed for a keeper');
  });

  it('makes the keeper repair a copy that a peer has lost', async () => {
    const [, files = []] = [...mesh.chunkFiles()].find(([, copies]) => copies.length >= 3) ?? [''];
    const [lost = ''] = files;
    const holder = mesh.folders.findIndex((folder) => lost.startsWith(`${folder}/`));
    await mesh.kill(holder);
    unlinkSync(lost);
    await mesh.up(holder);
    const repaired = await at('watch', 'repair');
    expect(repaired.code).toBe(0);
    expect((await at('watch', 'check')).messages.at(-1)).toMatchObject({
      ok: true,
      chunks_short_of_copies: 0,
    });
  });

  it('shows the owner everything, and lets it end the server and free its space', async () => {
    const listed = (await at('home', 'snapshots')).messages;
    expect(listed).toHaveLength(2);
    const target = path.join(mesh.root, 'web-by-owner');
    const id = String(listed[1]?.short_id);
    expect((await at('home', 'restore', `${id}:${web}`, '--target', target)).code).toBe(0);
    const retired = await at('home', 'device', 'retire', 'web1');
    expect(retired.messages).toMatchObject([{ message_type: 'device_retired', snapshots_taken_over: 1 }]);
    const late = await at('web', 'backup', web);
    expect(errorOf(late)).toMatchObject({ error_code: 'denied' });
    const pruned = await at('home', 'forget', id, '--prune');
    expect(pruned.code).toBe(0);
    expect((await at('home', 'check', '--read-data')).code).toBe(0);
  });

  it('comes back on an empty machine from three shares of five (C1)', async () => {
    const folder = path.join(mesh.root, 'papers');
    const split = await at('home', 'key', 'split', '--shares', '5', '--threshold', '3', '--output', folder);
    expect([split.code, split.err]).toEqual([0, '']);
    const files = split.messages.flatMap(({ file }) => (typeof file === 'string' ? [file] : []));
    const chosen = [files[4], files[1], files[2]].flatMap((file) => ['--shares-file', file ?? '']);
    const few = await at('heir', 'recover', '--ticket', mesh.ticket, ...chosen.slice(0, 4));
    expect(errorOf(few)).toMatchObject({ error_code: 'wrong-shares' });
    const heir = await at('heir', 'recover', '--ticket', mesh.ticket, ...chosen);
    expect(heir.messages[0]).toMatchObject({ message_type: 'recovered', role: 'full', snapshots: 1 });
    const target = path.join(mesh.root, 'inherited');
    expect((await at('heir', 'restore', `latest:${source}`, '--target', target)).code).toBe(0);
    const { differences } = await compareFolders({ expected: source, actual: target, self: true });
    expect(differences).toEqual([]);
  });

  it.each([
    [['device', 'add'], 'name the new device'],
    [['device', 'add', 'x'], '--role is missing'],
    [['device', 'add', 'x', '--role', 'full'], '--role takes append-only or keeper'],
    [['device', 'add', 'x', 'y', '--role', 'keeper'], '"y" is too much'],
    [['device', 'add', 'x', '--role', 'keeper', '--replaces', 'y'], 'replaces nobody'],
    [['device', 'add', 'x', '--role', 'append-only', '--replaces', 'nobody'], 'no device is called nobody'],
    [['recover', '--invitation', 'x', '--ticket', 'y'], '--ticket does not go with it'],
  ])('refuses %j', async (line, reason) => {
    const refused = await mesh.vault(line, { home: line[0] === 'recover' ? 'none' : 'home', env: INVITED });
    expect(refused.code).toBe(1);
    expect(refused.err).toContain(reason);
  });
});
