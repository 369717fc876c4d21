/** `vault backup` chooses files, reads streams and compares with what was before, on a real mesh. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Outcome, TestMesh } from './mesh-fixture.ts';

describe('a mesh and a folder to choose from', { timeout: 120_000 }, () => {
  const mesh = new TestMesh();
  const source = path.join(mesh.root, 'source');
  const lists = path.join(mesh.root, 'lists');

  const json = (...line: string[]): Promise<Outcome> => mesh.vault(['--json', ...line]);
  const last = ({ messages }: Outcome) => messages.findLast((line) => line.message_type === 'summary');
  const put = (name: string, text = name) => {
    const file = path.join(source, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  };
  const list = (name: string, text: string): string => {
    writeFileSync(path.join(lists, name), text);
    return path.join(lists, name);
  };
  /** Files of the newest snapshot, below the source. */
  const kept = async () => {
    const { messages } = await json('ls', 'latest', source, '--recursive');
    const nodes = messages.filter(({ type }) => type === 'file');
    return nodes.map((node) => String(node.path).slice(source.length + 1)).sort();
  };
  const snapshots = async () => (await json('snapshots')).messages;

  beforeAll(async () => {
    mkdirSync(lists);
    for (const name of ['a.txt', 'b.TXT', 'c.o', 'build/d', 'keep/build/e', 'skipped/f', 'skipped/.skip'])
      put(name);
    put('cache/g');
    put('cache/CACHEDIR.TAG', 'Signature: 8a477f597d28d172789f06886806bc55');
    put('large', 'x'.repeat(5000));
    await mesh.add(1);
    expect((await json('init', '--ticket', mesh.ticket, '--copies', '1')).code).toBe(0);
  }, 120_000);
  afterAll(() => mesh.end());

  it('rehearses with -n -v: lists what is new, says how much would be sent, and sends nothing', async () => {
    const dry = await mesh.vault(['backup', source, '-n', '-v', '--exclude', '*.o']);
    expect(dry.code).toBe(0);
    expect(dry.out).toContain(`new       ${source}/a.txt (5 B)`);
    expect(dry.out).not.toContain('c.o');
    expect(dry.out).toMatch(/would add .* sealed, \d+ chunks?\)/);
    expect(dry.out).toContain('dry run: nothing was sent');
    expect(mesh.chunkFiles().size).toBe(0);
    expect(await snapshots()).toEqual([]);
  });

  it('leaves out what patterns, files of patterns, markers and sizes say', async () => {
    const patterns = list('excludes', '# what is built\n$SOURCE/**/build\n!$SOURCE/keep/build\n');
    const made = await mesh.vault(
      ['backup', source, '--json', '--exclude-file', patterns, '--iexclude', 'B.txt', '-e', '*.o'].concat([
        '--exclude-caches',
        '--exclude-if-present',
        '.skip',
        '--exclude-larger-than',
        '4K',
      ]),
      { env: { SOURCE: source } },
    );
    expect(made.code).toBe(0);
    expect(await kept()).toEqual(['a.txt', 'cache/CACHEDIR.TAG', 'keep/build/e', 'skipped/.skip']);
  });

  it('takes lists of patterns, of lines and of names that end in a zero byte, from files and standard input', async () => {
    const globs = list('globs', `# text\n${source}/*.[tT][xX][tT]\n`);
    const lines = list('lines', `${source}/c.o\n`);
    const line = [
      'backup',
      '--files-from',
      globs,
      '--files-from-verbatim',
      lines,
      '--files-from-raw',
      '-',
      '--json',
    ];
    const made = await mesh.vault(line, { input: `${source}/build/d\0${source}/large\0` });
    expect(made.code).toBe(0);
    expect(await kept()).toEqual(['a.txt', 'b.TXT', 'build/d', 'c.o', 'large']);
  });

  it('keeps what standard input, or a command, says; a command that fails makes no snapshot', async () => {
    const piped = await mesh.vault(['backup', '--stdin', '--stdin-filename', 'dumps/a', '--json'], {
      input: 'piped',
    });
    expect(piped.code).toBe(0);
    const command = (script: string) =>
      json('backup', '--stdin-from-command', '--stdin-filename', '/b', '--', 'sh', '-c', script);
    expect((await command('printf said')).code).toBe(0);
    const target = path.join(mesh.root, 'restored');
    expect((await json('restore', 'latest', '--target', target)).code).toBe(0);
    expect(readFileSync(path.join(target, 'b'), 'utf8')).toBe('said');
    const before = await snapshots();
    expect(before.map(({ paths }) => paths).slice(-2)).toEqual([['/dumps/a'], ['/b']]);
    const failed = await command('echo much; exit 7');
    expect(failed.code).toBe(1);
    expect(failed.err).toContain('sh ended with exit code 7');
    expect((await mesh.vault(['backup', '--stdin'], { input: '' })).code).toBe(1);
    expect(await snapshots()).toHaveLength(before.length);
  });

  it('makes no snapshot of what has not changed, when asked, and reads all again, when asked', async () => {
    const line = ['backup', source, '--time', '2026-01-02 03:04:05', '--host', 'elsewhere'];
    expect((await json(...line)).code).toBe(0);
    const before = await snapshots();
    expect(before.find(({ hostname }) => hostname === 'elsewhere')?.time).toBe(
      new Date(2026, 0, 2, 3, 4, 5).toISOString(),
    );
    expect((await json('backup', source)).code).toBe(0);
    const [same] = (await snapshots()).slice(-1);
    const skipped = await json('backup', source, '--skip-if-unchanged');
    expect(skipped.code).toBe(0);
    expect(last(skipped)).toMatchObject({ unchanged_since: same?.id, files_new: 0, copies_min: 1 });
    expect(last(skipped)).not.toHaveProperty('snapshot_id');
    expect(await snapshots()).toHaveLength(before.length + 1);
    const said = await mesh.vault(['backup', source, '--skip-if-unchanged']);
    expect(said.out).toContain(
      `unchanged since snapshot ${String(same?.id).slice(0, 8)}: no new one was made`,
    );
    const forced = last(await json('backup', source, '--force'));
    expect(forced).toMatchObject({ files_unmodified: 0 });
    // The folders above are in the tree too, and others make files in them meanwhile.
    expect(Number(forced?.data_added)).toBeLessThan(4096);
    const parent = String(before[0]?.id).slice(0, 10);
    put('a.txt', 'another');
    const compared = await json('backup', source, '--parent', parent, '-v');
    expect(compared.messages).toContainEqual({
      message_type: 'verbose_status',
      action: 'modified',
      item: path.join(source, 'a.txt'),
      data_size: 7,
    });
    expect((await json('backup', source, '--parent', 'ffff')).code).toBe(1);
  });

  it('counts what vanished, and ends with 3', async () => {
    const [gone, there] = [path.join(source, 'gone'), path.join(source, 'a.txt')];
    rmSync(gone, { force: true });
    const result = await json('backup', there, gone);
    expect(result.code).toBe(3);
    expect(last(result)).toMatchObject({ files_unreadable: 1 });
  });
});
