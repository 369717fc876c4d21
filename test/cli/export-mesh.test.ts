import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { runProgram } from '../../cli/terminal/program.ts';
import { peerProgram } from '../../peer/peer-program.ts';
import { compareFolders, initPeer } from '../../src/index.ts';
import { S3_ENV, startS3 } from '../s3-server.ts';
import { fakeTerminal, NO_SIGNAL } from './fake-terminal.ts';
import { type Outcome, TestMesh } from './mesh-fixture.ts';

vi.setConfig({ testTimeout: 240_000 });

/** One story, told in order: each test goes on where the one before ended. */
describe('a vault on sticks', () => {
  const mesh = new TestMesh();
  const source = path.join(mesh.root, 'source');
  const stick = (name: string): string => path.join(mesh.root, `stick-${name}`);
  const [a, b, c] = [stick('a'), stick('b'), stick('c')];
  let words = '';

  const json = (line: readonly string[], home = 'home', input = ''): Promise<Outcome> =>
    mesh.vault([...line, '--json'], { home, input, env: S3_ENV });
  const summary = ({ messages }: Outcome) => messages.find((line) => line.message_type === 'summary');
  const chunkFiles = (folder: string): string[] =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => /chunks\/[0-9a-f]{2}\/bafk[a-z2-7]+$/.test(file))
      .map((file) => path.join(folder, file));
  const expectSame = async (target: string) => {
    const { differences } = await compareFolders({ expected: source, actual: target, self: true });
    expect(differences).toEqual([]);
  };
  const restoreArgs = (target: string, ...sticks: string[]): string[] => [
    'restore',
    `latest:${source}`,
    '--target',
    path.join(mesh.root, target),
    ...sticks.flatMap((each) => ['--from', each]),
  ];

  beforeAll(async () => {
    mkdirSync(path.join(source, 'folder', 'empty'), { recursive: true });
    writeFileSync(path.join(source, 'folder', 'small'), 'small\n');
    writeFileSync(path.join(source, 'large'), randomBytes(6_000_000));
    for (const each of [a, b, c]) mkdirSync(each);
    await mesh.add(3);
    const made = await json(['init', '--ticket', mesh.ticket]);
    words = String(made.messages[0]?.recovery_words);
    expect((await json(['backup', source])).code).toBe(0);
  }, 240_000);
  afterAll(() => mesh.end());

  it('refuses a folder that is not there, and more copies than folders, before it writes', async () => {
    const missing = await json(['export', '--to', stick('unplugged')]);
    expect(missing.code).toBe(1);
    expect(missing.err).toContain('Is the stick plugged in');
    expect((await json(['export', '--to', a, '--copies', '2'])).code).toBe(1);
    expect(existsSync(path.join(a, 'vault-export'))).toBe(false);
  });

  it('writes each chunk to two of three sticks, and a rehearsal writes nothing (X7)', async () => {
    const line = ['export', '--to', a, '--to', b, '--to', c, '--copies', '2'];
    const dry = await json([...line, '--dry-run']);
    expect(dry.code).toBe(0);
    expect(existsSync(path.join(a, 'vault-export'))).toBe(false);
    const done = await json(line);
    expect(done.code).toBe(0);
    expect(summary(done)).toMatchObject({ copies_target: 2, copies_min: 2, chunks_short: 0, snapshots: 1 });
    const names = [a, b, c].flatMap(chunkFiles).map((file) => path.basename(file));
    expect(names.length).toBe(2 * Number(summary(done)?.chunks));
    expect(new Set(names).size).toBe(Number(summary(done)?.chunks));
  });

  it('has names that FAT and case-insensitive disks keep (X1)', () => {
    const names = readdirSync(a, { recursive: true, encoding: 'utf8' });
    expect(names.length).toBeGreaterThan(10);
    for (const name of names) expect(name).toMatch(/^[a-z0-9/.-]+$/);
  });

  it('sends only what is new the second time', async () => {
    writeFileSync(path.join(source, 'new'), randomBytes(300_000));
    await json(['backup', source]);
    const done = await json(['export', '--to', a, '--to', b, '--to', c, '--copies', '2']);
    expect(done.code).toBe(0);
    const places = summary(done)?.places as { chunks_written: number }[];
    const written = places.reduce((sum, place) => sum + place.chunks_written, 0);
    expect(written).toBeGreaterThan(0);
    expect(written).toBeLessThan(Number(summary(done)?.chunks));
  });

  it('finds a damaged file, says so, and writes it again with --verify (X3)', async () => {
    const [file = ''] = chunkFiles(b);
    const bytes = readFileSync(file);
    bytes[20] = (bytes[20] ?? 0) ^ 1;
    writeFileSync(file, bytes);
    const done = await json(['export', '--to', a, '--to', b, '--to', c, '--copies', '2', '--verify']);
    expect(done.code).toBe(0);
    expect(done.err).toContain('was damaged there');
    expect(summary(done)).toMatchObject({ files_damaged: 1, copies_min: 2 });
    // Wherever it was written again, nothing damaged is left behind.
    const again = await json(['export', '--to', a, '--to', b, '--to', c, '--copies', '2', '--verify']);
    expect(summary(again)).toMatchObject({ files_damaged: 0, copies_min: 2 });
    const total = [a, b, c].flatMap(chunkFiles).length;
    expect(total).toBe(2 * Number(summary(again)?.chunks));
  });

  it('takes a bucket of a real S3 server as a folder (X6)', async () => {
    const s3 = await startS3('bucket');
    try {
      const bucket = `s3:${s3.origin}/bucket/home`;
      expect((await json(['export', '--to', bucket])).code).toBe(0);
      const home = 'bare-s3';
      expect((await json(restoreArgs('from-s3', bucket), home)).code).toBe(0);
      await expectSame(path.join(mesh.root, 'from-s3'));
      const refused = await mesh.vault(['export', '--to', bucket], {
        env: { AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'wrong' },
      });
      expect(refused.code).not.toBe(0);
      expect(refused.err).toContain('refused (403');
    } finally {
      await s3.end();
    }
  });

  it('restores on a bare machine with the passphrase, while every peer is dead', async () => {
    await mesh.kill(0, 1, 2);
    const done = await json(restoreArgs('bare', a, b, c), 'bare');
    expect(done.code).toBe(0);
    await expectSame(path.join(mesh.root, 'bare'));
    expect(existsSync(path.join(mesh.root, 'bare', 'vault.json'))).toBe(false);
    const listed = await json(['snapshots', '--from', a], 'bare-list');
    expect(listed.messages).toHaveLength(2);
    const wrong = await mesh.vault(restoreArgs('wrong', a, b, c), { home: 'bare', password: 'guess' });
    expect(wrong.code).toBe(12);
  });

  it('restores with the 24 words, from two of the three sticks, past a damaged file', async () => {
    for (const file of chunkFiles(a).slice(0, 1)) writeFileSync(file, 'not a chunk');
    const line = [...restoreArgs('words', a, b, c), '--words-file', '-'];
    const done = await json(line, 'bare', words);
    expect(done.code).toBe(0);
    await expectSame(path.join(mesh.root, 'words'));
    rmSync(path.join(mesh.root, 'words'), { recursive: true });
    const two = await json([...restoreArgs('words', b, c), '--words-file', '-'], 'bare', words);
    expect(two.code).toBe(0);
    await expectSame(path.join(mesh.root, 'words'));
  });

  it('says what is missing when too many sticks are (23), and restores the rest', async () => {
    const done = await json(restoreArgs('one', c), 'bare');
    expect(done.code).toBe(23);
    expect(done.err).toContain('give all folders of the export');
  });

  it('becomes a device of the vault again from sticks, and fills a new mesh from them (X8)', async () => {
    const fresh = new TestMesh();
    try {
      await fresh.add(3);
      const line = [
        'recover',
        '--ticket',
        fresh.ticket,
        '--words-file',
        '-',
        ...[a, b, c].flatMap((s) => ['--from', s]),
      ];
      const made = await json(line, 'again', words);
      expect(made.code).toBe(0);
      expect(made.messages[0]).toMatchObject({ message_type: 'recovered', snapshots: 2 });
      const filled = await json(['import', '--from', a, '--from', b, '--from', c], 'again');
      expect(filled.code).toBe(0);
      expect(Number(summary(filled)?.copies_made)).toBeGreaterThan(0);
      expect((await json(restoreArgs('from-new-mesh'), 'again')).code).toBe(0);
      await expectSame(path.join(mesh.root, 'from-new-mesh'));
      expect((await json(['check', '--read-data'], 'again')).code).toBe(0);
    } finally {
      await fresh.end();
    }
  });

  it('puts an export into the store of a peer, which needs no key for it (X8)', async () => {
    const folder = path.join(mesh.root, 'friend');
    await initPeer({ folder, name: 'friend', capacityBytes: 2 ** 30, listen: ['/ip4/127.0.0.1/tcp/0'] });
    const peer = async () => {
      const terminal = fakeTerminal();
      const line = ['import', '--data', folder, '--from', a, '--from', b, '--from', c, '--json'];
      const code = await runProgram(peerProgram, line, terminal, NO_SIGNAL);
      return { code, messages: terminal.messages(), err: terminal.err() };
    };
    const first = await peer();
    expect(first.code).toBe(21); // one file on stick a is damaged, its copy on another stick is not
    const [imported] = first.messages;
    expect(imported).toMatchObject({ message_type: 'imported', chunks_unwanted: 0, chunks_damaged: 1 });
    expect(chunkFiles(folder)).toHaveLength(Number(imported?.chunks_added));
    expect((await peer()).messages[0]).toMatchObject({ chunks_added: 0, log_entries: 0 });
  });

  it('removes with --prune what the vault no longer keeps', async () => {
    await mesh.up(0, 1, 2);
    writeFileSync(path.join(source, 'large'), randomBytes(2_000_000));
    await json(['backup', source]);
    expect((await json(['forget', '--keep-last', '1', '--prune'])).code).toBe(0);
    const line = ['export', '--to', a, '--to', b, '--to', c, '--copies', '2'];
    const kept = await json(line);
    expect(kept.code).toBe(0);
    const before = [a, b, c].flatMap(chunkFiles).length;
    const pruned = await json([...line, '--prune']);
    expect(pruned.code).toBe(0);
    expect([a, b, c].flatMap(chunkFiles).length).toBeLessThan(before);
    expect([a, b, c].flatMap(chunkFiles)).toHaveLength(2 * Number(summary(pruned)?.chunks));
    expect((await json(restoreArgs('pruned', a, b, c), 'bare')).code).toBe(0);
    await expectSame(path.join(mesh.root, 'pruned'));
  });

  it('goes on where a killed run was (kill -9), and leaves no half file', async () => {
    writeFileSync(path.join(source, 'large'), randomBytes(24_000_000));
    await json(['backup', source]);
    const target = stick('killed');
    mkdirSync(target);
    const env = { ...process.env, VAULT_HOME: path.join(mesh.root, 'home'), VAULT_PASSWORD: 'passphrase' };
    const child: ChildProcess = spawn(process.execPath, ['cli/main.ts', 'export', '--to', target], { env });
    const exited = new Promise((resolve) => child.on('exit', resolve));
    await vi.waitUntil(() => chunkFiles(target).length >= 3, { timeout: 120_000, interval: 5 });
    child.kill('SIGKILL');
    await exited;
    const there = chunkFiles(target).length;
    const done = await json(['export', '--to', target]);
    expect(done.code).toBe(0);
    const places = (summary(done)?.places ?? []) as { chunks: number; chunks_written: number }[];
    const [place] = places;
    expect(place?.chunks).toBe(Number(summary(done)?.chunks));
    expect(place?.chunks_written).toBeLessThanOrEqual(Number(summary(done)?.chunks) - there + 8);
    const left = readdirSync(target, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.part'),
    );
    expect(left).toEqual([]);
    expect((await json(restoreArgs('after-kill', target), 'bare')).code).toBe(0);
    await expectSame(path.join(mesh.root, 'after-kill'));
  });
});
