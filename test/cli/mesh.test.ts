import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeTicket, encodeTicket } from '../../src/format/ticket.ts';
import { compareFolders, peerStatus } from '../../src/index.ts';
import { type Outcome, TestMesh, VAULT_PEER } from './mesh-fixture.ts';

/** One story, told in order: each test goes on where the one before ended. */
describe('four peers and a vault', () => {
  const mesh = new TestMesh();
  const source = path.join(mesh.root, 'source');
  let words = '';

  const json = (...line: string[]): Promise<Outcome> => mesh.vault([...line, '--json']);
  const summaryOf = ({ messages }: Outcome) => messages.find((line) => line.message_type === 'summary');
  const restoreTo = async (name: string, home = 'home') => {
    const target = path.join(mesh.root, name);
    const result = await mesh.vault(['restore', `latest:${source}`, '--target', target, '--json'], { home });
    return { result, target };
  };
  const expectSame = async (target: string) => {
    const { differences } = await compareFolders({ expected: source, actual: target, self: true });
    expect(differences).toEqual([]);
  };

  beforeAll(async () => {
    mkdirSync(path.join(source, 'folder', 'empty'), { recursive: true });
    writeFileSync(path.join(source, 'folder', 'small'), 'small\n');
    writeFileSync(path.join(source, 'large'), randomBytes(3_000_000));
    symlinkSync('folder/small', path.join(source, 'link'));
    await mesh.add(4);
  }, 60_000);
  afterAll(() => mesh.end());

  it('begins with a vault whose words are shown once, as JSON', async () => {
    const made = await json('init', '--ticket', mesh.ticket);
    expect(made.code).toBe(0);
    const [line] = made.messages;
    expect(line).toMatchObject({ message_type: 'initialized' });
    words = String(line?.recovery_words);
    expect(words.split(' ')).toHaveLength(24);
    expect((await json('init', '--ticket', mesh.ticket)).code).toBe(1);
  });

  it('refuses the ticket of another mesh at the same addresses (M1)', async () => {
    const { addresses } = decodeTicket(mesh.ticket);
    const foreign = encodeTicket({ secret: randomBytes(32), addresses });
    const refused = await mesh.vault(['init', '--ticket', '-', '--json'], {
      home: 'foreign',
      input: foreign,
    });
    expect(refused.code).toBe(1);
    expect(JSON.parse(refused.err)).toMatchObject({ message_type: 'exit_error', error_code: 'foreign-mesh' });
  });

  it('backs up with three copies, and the second time sends and reads nothing of what did not change', async () => {
    const first = await json('backup', source, '--tag', 'first');
    expect(first.code).toBe(0);
    expect(summaryOf(first)).toMatchObject({ files_new: 2, copies_target: 3, copies_min: 3 });
    const second = await json('backup', source);
    expect(summaryOf(second)).toMatchObject({
      files_new: 0,
      files_changed: 0,
      files_unmodified: 2,
      copies_min: 3,
    });
    expect(Number(summaryOf(second)?.data_added)).toBeLessThan(4096);
  });

  it('ranks the peers and counts the copies (P1, S4)', async () => {
    const peers = await json('peers');
    expect(summaryOf(peers)).toMatchObject({ peers_ranked: 4, peers_left_out: 0, trial_mesh: false });
    const status = await json('status');
    expect(status.messages.at(-1)).toMatchObject({ copies_min: 3, holders_answering: 4, snapshots: 2 });
    expect(status.messages[0]).toMatchObject({ copies_min: 3, peers_can_be_lost: 2, zones_can_be_lost: 2 });
  });

  it('lists snapshots and files, and restores all of them exactly', async () => {
    const snapshots = await json('snapshots');
    expect(snapshots.messages.map(({ tags }) => tags)).toEqual([['first'], []]);
    const listed = await json('ls', 'latest', path.join(source, 'folder'));
    expect(listed.messages.slice(1).map(({ name }) => name)).toEqual(['empty', 'small']);
    const { result, target } = await restoreTo('restored');
    expect(result.code).toBe(0);
    await expectSame(target);
    const again = await restoreTo('restored');
    expect(again.result.code).toBe(1);
    expect(again.result.err).toContain('target-exists');
  });

  it.each([
    ['a wrong passphrase', ['snapshots'], 'wrong', 12],
    ['an unknown snapshot', ['ls', 'ffffffff'], 'passphrase', 1],
    ['an unknown path', ['restore', 'latest:/nowhere', '--target', '/tmp/never-made'], 'passphrase', 1],
  ])('refuses %s', async (_what, line, password, code) => {
    const refused = await mesh.vault(line, { password });
    expect(refused.code).toBe(code);
    expect(refused.err.split('\n').length).toBeLessThan(4);
  });

  it('refuses two runs of a peer on one folder, and tells its status meanwhile', async () => {
    const [folder = ''] = mesh.folders;
    const run = promisify(execFile)(process.execPath, [VAULT_PEER, 'run', '--data', folder, '--json']);
    await expect(run).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('"error_code":"locked"') as string,
    });
    expect(await peerStatus(folder)).toMatchObject({ running: true, vaultsHeld: 1, peersKnown: 3 });
  });

  it('ends a peer with 0 on SIGTERM, and the peer keeps what it has', async () => {
    const [folder = ''] = mesh.folders;
    const before = await peerStatus(folder);
    expect(await mesh.running.get(0)?.stop()).toEqual({ code: 0, signal: null });
    expect(await peerStatus(folder)).toMatchObject({ running: false, chunks: before.chunks, vaultsHeld: 1 });
    await mesh.up(0);
    const after = await peerStatus(folder);
    expect(after).toMatchObject({ running: true, peerId: before.peerId, addresses: before.addresses });
  });

  it('says that copies are missing while two peers are gone, and makes them when one is back (P2)', async () => {
    await mesh.kill(2, 3);
    writeFileSync(path.join(source, 'new'), randomBytes(600_000));
    const short = await json('backup', source);
    expect(short.code).toBe(21);
    const { copies_min: copies, copies_target: target } = summaryOf(short) ?? {};
    expect(target).toBe(3);
    expect([1, 2]).toContain(copies); // what only one of the two that answer has counts once (S4)
    await mesh.up(2, 3);
    const full = await json('backup', source);
    expect(full.code).toBe(0);
    expect((await json('status')).messages.at(-1)).toMatchObject({ copies_min: 3 });
  }, 60_000);

  it('brings everything back from the words and the ticket alone, with two holders killed (P4)', async () => {
    await mesh.kill(0, 1);
    const options = { home: 'empty', input: words };
    const recovered = await mesh.vault(
      ['recover', '--ticket', mesh.ticket, '--words-file', '-', '--json'],
      options,
    );
    expect(recovered.code).toBe(0);
    expect(recovered.messages[0]).toMatchObject({ message_type: 'recovered', snapshots: 4 });
    const { result, target } = await restoreTo('from-nothing', 'empty');
    expect(result.code).toBe(0);
    await expectSame(target);
    await mesh.up(0, 1);
  }, 60_000);

  it('restores the rest when a chunk is damaged everywhere, and sends it again with the next backup (C7)', async () => {
    const [, files = []] = [...mesh.chunkFiles()].sort(
      ([, [a = '']], [, [b = '']]) => readFileSync(b).length - readFileSync(a).length,
    )[0] ?? [''];
    for (const file of files) {
      const bytes = readFileSync(file);
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
      writeFileSync(file, bytes);
    }
    const { result, target } = await restoreTo('damaged');
    expect(result.code).toBe(24);
    expect(result.err).toContain('"item":"large"');
    expect(readFileSync(path.join(target, 'folder', 'small'), 'utf8')).toBe('small\n');
    expect((await json('backup', source)).code).toBe(0);
    const mended = await restoreTo('mended');
    expect(mended.result.code).toBe(0);
    await expectSame(mended.target);
  }, 60_000);

  it('raises the alarm when every holder shows an older log (L3)', async () => {
    await mesh.kill(0, 1, 2, 3);
    for (const folder of mesh.folders) cpSync(folder, `${folder}.old`, { recursive: true });
    await mesh.up(0, 1, 2, 3);
    expect((await json('backup', source)).code).toBe(0);
    await mesh.kill(0, 1, 2, 3);
    for (const folder of mesh.folders) {
      rmSync(path.join(folder, 'vaults'), { recursive: true });
      cpSync(path.join(`${folder}.old`, 'vaults'), path.join(folder, 'vaults'), { recursive: true });
    }
    await mesh.up(0, 1, 2, 3);
    const alarm = await json('snapshots');
    expect(alarm.code).toBe(25);
    expect(JSON.parse(alarm.err)).toMatchObject({ error_code: 'rollback' });
    expect((await json('backup', source)).code).toBe(25);
  }, 60_000);

  it('says what can and what cannot be done when no peer answers', async () => {
    await mesh.kill(0, 1, 2, 3);
    expect((await json('backup', source)).code).toBe(20);
    expect((await restoreTo('nobody')).result.code).toBe(23);
    const remembered = await mesh.vault(['snapshots']);
    expect(remembered.code).toBe(0);
    expect(remembered.err).toContain('this is what this machine remembers');
    expect((await mesh.vault(['backup', '-n', source])).code).toBe(0);
  }, 60_000);
});

it('stops with 22 when every peer is full, and nothing is half committed', async () => {
  const mesh = new TestMesh();
  try {
    await mesh.add(2, 20 * 2 ** 20);
    expect((await mesh.vault(['init', '--ticket', mesh.ticket, '--copies', '2'])).code).toBe(0);
    const source = path.join(mesh.root, 'source');
    mkdirSync(source);
    for (let i = 0; i < 3; i++) writeFileSync(path.join(source, `file-${i}`), randomBytes(10_000_000));
    const full = await mesh.vault(['backup', source, '--json']);
    expect(full.code).toBe(22);
    expect((await mesh.vault(['snapshots'])).out).toBe('no snapshots yet\n');
  } finally {
    await mesh.end();
  }
}, 60_000);
