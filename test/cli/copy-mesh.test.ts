/** Snapshots of one vault copied into another, through the programs and real peers: the files are the same, and nothing is sent twice (C6, L2). */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { nativeXattrs } from '../../src/backup/native-xattrs.ts';
import { compareFolders } from '../../src/index.ts';
import { utf8 } from '../../src/model/bytes.ts';
import { type Outcome, TestMesh } from './mesh-fixture.ts';

const INVITED = { VAULT_INVITATION_PASSWORD: 'of the invitation' };
const FROM = 'passphrase of the source';

/** One story, told in order. */
describe('a vault', () => {
  const mesh = new TestMesh();
  const source = path.join(mesh.root, 'files');
  const at = (...names: string[]): string => path.join(source, ...names);
  const home = (name: string): string => path.join(mesh.root, name);
  const passphrase = path.join(mesh.root, 'passphrase');
  const from = ['--from-home', home('old'), '--from-password-file', passphrase];
  const old = (...line: string[]): Promise<Outcome> =>
    mesh.vault([...line, '--json'], { home: 'old', password: FROM });
  const vault = (...line: string[]): Promise<Outcome> => mesh.vault([...line, '--json']);
  const copy = (...line: string[]): Promise<Outcome> => vault('copy', ...from, ...line);
  const summary = ({ messages }: Outcome): Record<string, unknown> => messages.at(-1) ?? {};
  const copiedOf = ({ messages }: Outcome): Record<string, unknown>[] =>
    messages.filter(({ message_type: type }) => type === 'copied');
  const done = async (running: Promise<Outcome>): Promise<Outcome> => {
    const outcome = await running;
    expect({ code: outcome.code, err: outcome.err }).toMatchObject({ code: 0 });
    return outcome;
  };
  let tree = '';

  beforeAll(async () => {
    await mesh.add(2);
    fs.writeFileSync(passphrase, `${FROM}\n`);
    await done(old('init', '--ticket', mesh.ticket, '--copies', '1'));
    await done(vault('init', '--ticket', mesh.ticket, '--copies', '2'));
    fs.mkdirSync(at('deep', 'er'), { recursive: true });
    fs.mkdirSync(at('empty'));
    fs.writeFileSync(at('large'), randomBytes(3_000_000));
    fs.linkSync(at('large'), at('deep', 'same'));
    fs.writeFileSync(at('holes'), 'at the end');
    fs.truncateSync(at('holes'), 4_000_000);
    for (let i = 0; i < 200; i++) fs.writeFileSync(at('deep', 'er', `small-${i}`), `small ${i % 90}`);
    fs.writeFileSync(Buffer.concat([Buffer.from(`${source}/odd \n`), Buffer.from([0xff, 0x1b])]), 'odd');
    fs.writeFileSync(at('nothing'), '');
    fs.symlinkSync('deep/same', at('link'));
    fs.chmodSync(at('holes'), 0o4600);
    try {
      nativeXattrs()?.write(utf8(at('nothing')), { name: utf8('user.note'), value: utf8('kept') });
    } catch (error) {
      expect(String(error)).toContain('ENOTSUP');
    }
    await done(old('backup', source, '--tag', 'first', '--host', 'tower'));
    tree = JSON.stringify((await done(old('ls', 'latest', '-l', '--recursive'))).messages.slice(1));
  }, 300_000);
  afterAll(() => mesh.end());

  it('takes the snapshots of another, and gives back the same files with all that belongs to them', async () => {
    const planned = await done(copy('--dry-run'));
    expect(copiedOf(planned)).toMatchObject([{ hostname: 'tower', tags: ['first'], paths: [source] }]);
    expect(copiedOf(planned)[0]).not.toHaveProperty('snapshot_id');
    expect(summary(planned)).toMatchObject({ dry_run: true, snapshots_copied: 1, chunks_added: 0 });
    expect((await vault('snapshots')).messages).toEqual([]);
    const [snapshot] = (await old('snapshots')).messages;
    const copied = await done(copy());
    expect(summary(copied)).toMatchObject({
      snapshots_copied: 1,
      snapshots_known: 0,
      unreadable_snapshots: 0,
      copies_target: 2,
      copies_min: 2,
    });
    const [made] = (await vault('snapshots')).messages;
    const { id, short_id: _, parent: _none, ...said } = snapshot ?? {};
    expect(made).toMatchObject({ ...said, original: id, id: copiedOf(copied)[0]?.snapshot_id });
    expect(JSON.stringify((await vault('ls', 'latest', '-l', '--recursive')).messages.slice(1))).toBe(tree);
    for (const [name, run] of Object.entries({ old, vault })) {
      const target = path.join(mesh.root, `restored-${name}`);
      await done(run('restore', `latest:${source}`, '--target', target, '--verify'));
      const { differences } = await compareFolders({ expected: source, actual: target });
      expect(differences).toEqual([]);
    }
    await done(vault('check', '--read-data'));
  }, 300_000);

  it('copies none twice, also when it was tagged in either; then only what is new, of which it reads what has changed', async () => {
    const none = await done(copy());
    expect(summary(none)).toMatchObject({ snapshots_copied: 0, snapshots_known: 1, chunks_added: 0 });
    await done(vault('tag', '--add', 'here'));
    await done(old('tag', '--add', 'there'));
    expect(summary(await done(copy()))).toMatchObject({ snapshots_copied: 0, snapshots_known: 1 });
    fs.writeFileSync(at('new'), 'new');
    await done(old('backup', source, '--host', 'tower', '--tag', 'second'));
    await done(old('backup', passphrase, '--host', 'other'));
    const text = await mesh.vault(['copy', ...from, '--host', 'tower']);
    expect(text.err).toBe('');
    expect(text.out).toMatch(/^[0-9a-f]{8} of \S+ \S+, tower: \S+ is [0-9a-f]{8} here \(\d+ files, .*\)$/m);
    expect(text.out).toMatch(/^copied 1 snapshot, 1 here already\nadded .* sealed, [234] chunks\) in /m);
    expect(text.out).toMatch(/^copies 2 of 2 \(chunks sent: /m);
    const [first, second] = (await vault('snapshots')).messages;
    expect(second).toMatchObject({ tags: ['second'], parent: first?.id });
    expect(summary(await done(copy()))).toMatchObject({ snapshots_copied: 1, snapshots_known: 2 });
    await done(vault('check', '--read-data'));
  }, 300_000);

  it('goes on where a killed copy was (kill -9), and announces nothing half', async () => {
    fs.writeFileSync(path.join(mesh.root, 'big'), randomBytes(24_000_000));
    await done(old('backup', path.join(mesh.root, 'big'), '--host', 'big'));
    const before = (await vault('snapshots')).messages.length;
    const stored = mesh.chunkFiles().size;
    const env = { ...process.env, VAULT_HOME: home('home'), VAULT_PASSWORD: 'passphrase' };
    const line = ['cli/main.ts', 'copy', ...from, '--limit-upload', '4M'];
    const child: ChildProcess = spawn(process.execPath, line, { env, stdio: 'ignore' });
    const exited = new Promise((resolve) => child.on('exit', resolve));
    await vi.waitUntil(() => mesh.chunkFiles().size >= stored + 12, { timeout: 120_000, interval: 20 });
    child.kill('SIGKILL');
    await exited;
    expect((await vault('snapshots')).messages).toHaveLength(before);
    const copied = await done(copy());
    expect(summary(copied)).toMatchObject({ snapshots_copied: 1, copies_min: 2 });
    // At 4 MB a second the twelve took two; what was sent in the last half second before the kill may be sent again.
    const all = mesh.chunkFiles().size - stored;
    expect(all).toBeGreaterThan(12);
    expect(Number(summary(copied).chunks_added)).toBeLessThan(all - 4);
    const target = path.join(mesh.root, 'restored-big');
    await done(vault('restore', `latest:${mesh.root}`, '--target', target));
    expect(
      fs.readFileSync(path.join(target, 'big')).equals(fs.readFileSync(path.join(mesh.root, 'big'))),
    ).toBe(true);
  }, 300_000);

  it.each([
    ['the same vault', ['--from-home', 'home'], 1, 'both are the same vault'],
    ['the same vault behind a link', ['--from-home', 'linked'], 1, 'both are the same vault'],
    ['no vault there', ['--from-home', 'nowhere'], 10, 'no vault'],
    ['no home', [], 1, '--from-home is missing'],
    [
      'two passphrases',
      ['--from-home', 'old', '--from-password-file', 'x', '--from-password-command', 'x'],
      1,
      'at once',
    ],
    [
      'a wrong passphrase',
      ['--from-home', 'old', '--from-password-command', 'echo wrong'],
      12,
      'the vault to copy from',
    ],
    ['an unknown snapshot', ['--from-home', 'old', 'abcdef'], 1, 'no snapshot begins with abcdef'],
  ] as const)(
    'refuses %s with a hint, and changes nothing',
    async (_what, [option, name, ...more], code, says) => {
      if (!fs.existsSync(home('linked'))) fs.symlinkSync(home('home'), home('linked'));
      const words = option === undefined ? [] : [option, home(name ?? ''), ...more];
      const env = { VAULT_FROM_PASSWORD: FROM };
      const refused = await mesh.vault(['copy', ...words], { env });
      expect([refused.code, refused.err]).toEqual([code, expect.stringContaining(says)]);
      expect(refused.err.split('\n').filter(Boolean).length).toBe(2);
    },
    120_000,
  );

  it('is not read by a keeper, and not written by one; an append-only device adds copies; of what one backed up it is told whose word it is', async () => {
    for (const [role, of] of [
      ['keeper', old],
      ['append-only', old],
      ['append-only', vault],
      ['keeper', vault],
    ] as const) {
      const name = `${role}-of-${of === old ? 'old' : 'home'}`;
      const file = path.join(mesh.root, `${name}.invitation`);
      const password = of === old ? FROM : 'passphrase';
      const options = { home: of === old ? 'old' : 'home', password, env: INVITED };
      expect(
        (await mesh.vault(['device', 'add', name, '--role', role, '--output', file], options)).code,
      ).toBe(0);
      const joined = await mesh.vault(['recover', '--invitation', `@${file}`], { home: name, env: INVITED });
      expect(joined.code).toBe(0);
    }
    const web = await mesh.vault(['backup', passphrase, '--host', 'web'], { home: 'append-only-of-old' });
    expect(web.code).toBe(0);
    const lent = await done(copy('--host', 'web'));
    expect(summary(lent)).toMatchObject({ snapshots_copied: 1 });
    expect(lent.err).toContain('snapshots to copy that an append-only device made: 1;');
    const env = { VAULT_FROM_PASSWORD: 'passphrase' };
    const unread = await mesh.vault(['copy', '--from-home', home('keeper-of-old')], { env });
    expect([unread.code, unread.err]).toEqual([1, expect.stringContaining('it cannot read the snapshots')]);
    const unwritten = await mesh.vault(['copy', ...from], { home: 'keeper-of-home' });
    expect([unwritten.code, unwritten.err]).toEqual([1, expect.stringContaining('it cannot take copies')]);
    const added = await mesh.vault(['copy', ...from, 'latest', '--json'], { home: 'append-only-of-home' });
    expect([added.code, summary(added)]).toMatchObject([0, { snapshots_copied: 1 }]);
    const again = await mesh.vault(['copy', ...from, 'latest', '--json'], { home: 'append-only-of-home' });
    expect(summary(again)).toMatchObject({ snapshots_copied: 0, snapshots_known: 1 });
    await done(vault('check', '--read-data'));
  }, 300_000);

  it('does not copy what the other has lost (24), and copies the rest; when nobody answers it says so (23)', async () => {
    for (const name of ['doomed', 'sound']) {
      fs.writeFileSync(path.join(mesh.root, name), randomBytes(1000));
      await done(old('backup', path.join(mesh.root, name), '--host', name));
    }
    const entry = (await old('cat', 'tree', `latest~1:${path.join(mesh.root, 'doomed')}`)).messages[0];
    const content = (entry?.content ?? []) as { chunk: string }[];
    const chunk = content[0]?.chunk ?? '';
    for (const file of mesh.chunkFiles().get(chunk) ?? []) fs.rmSync(file);
    const part = await copy();
    expect(part.code).toBe(24);
    expect(part.err).toContain('cannot be read, so it was not copied');
    expect(copiedOf(part)).toMatchObject([{ hostname: 'sound' }]);
    expect(summary(part)).toMatchObject({ snapshots_copied: 1, unreadable_snapshots: 1 });
    expect((await vault('snapshots')).messages.map(({ hostname }) => hostname)).not.toContain('doomed');
    await mesh.kill(0, 1);
    const nobody = await copy();
    expect([nobody.code, nobody.err]).toEqual([23, expect.stringContaining('the vault to copy from')]);
  }, 300_000);
});
