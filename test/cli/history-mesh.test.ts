/** Finding things in a vault's history and getting them back, through the program and a real peer. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linesOf, type Outcome, TestMesh } from './mesh-fixture.ts';

/** One story, told in order. */
describe('the history of a vault', () => {
  const mesh = new TestMesh();
  const source = path.join(mesh.root, 'source');
  const at = (...names: string[]): string => path.join(source, ...names);
  const vault = (...line: string[]): Promise<Outcome> => mesh.vault(line);
  const json = (...line: string[]): Promise<Outcome> => mesh.vault([...line, '--json']);

  const hosts = (snapshots: unknown): string[] =>
    (snapshots as { hostname: string }[]).map(({ hostname }) => hostname);

  beforeAll(async () => {
    await mesh.add(1);
    expect((await vault('init', '--ticket', mesh.ticket, '--copies', '1')).code).toBe(0);
    mkdirSync(at('docs', 'old'), { recursive: true });
    writeFileSync(at('docs', 'letter.txt'), 'first\n');
    writeFileSync(at('docs', 'old', 'Report.TXT'), 'r'.repeat(2000));
    writeFileSync(at('secret.key'), 'do not keep\n');
    symlinkSync('docs/letter.txt', at('link'));
    chmodSync(at('docs', 'letter.txt'), 0o640);
    utimesSync(at('docs', 'letter.txt'), 1_600_000_000, 1_600_000_000.5);
    expect((await vault('backup', source, '--tag', 'first', '--host', 'one')).code).toBe(0);
    writeFileSync(at('docs', 'letter.txt'), 'second, longer\n');
    writeFileSync(at('new'), 'new\n');
    expect((await vault('backup', source, '--host', 'two')).code).toBe(0);
  }, 300_000);
  afterAll(() => mesh.end());

  it('is listed in the long form, one folder or all below, of any snapshot by its place', async () => {
    const folder = linesOf(await vault('ls', 'latest~1', at('docs'), '-l'));
    expect(folder).toHaveLength(2);
    expect(folder[0]).toMatch(/^-rw-r----- \S+ +6 2020-09-1\d \d\d:\d\d:\d\d .*\/docs\/letter\.txt$/);
    expect(folder[1]).toMatch(/^drwx\S+ .*\/docs\/old$/);
    const below = await json('ls', 'latest', at('docs'), '--recursive', '--host', 'one');
    expect(below.messages.map(({ name }) => name)).toEqual([undefined, 'letter.txt', 'old', 'Report.TXT']);
    expect(below.messages[0]).toMatchObject({ hostname: 'one', tags: ['first'] });
    expect(below.messages[1]).toMatchObject({ size: 6, mtime: '2020-09-13T12:26:40.500000000Z' });
    expect((await vault('ls', 'latest', '-l')).out).toMatch(/^l.*\/link -> docs\/letter\.txt$/m);
    const none = await vault('ls', 'latest~2');
    expect(none.code).toBe(1);
    expect(none.err).toContain('there are 2');
  });

  it('finds every version of a file once, with the snapshots that have it', async () => {
    const found = await json('find', 'letter.txt', 'report*', '-i');
    expect(found.code).toBe(0);
    const matches = found.messages.filter(({ message_type: type }) => type === 'match');
    expect(matches.map(({ name, size, snapshots }) => [name, size, hosts(snapshots)])).toEqual([
      ['letter.txt', 6, ['one']],
      ['letter.txt', 15, ['two']],
      ['Report.TXT', 2000, ['one', 'two']],
    ]);
    expect(found.messages.at(-1)).toEqual({ message_type: 'summary', versions: 3, snapshots: 2 });
    const text = await vault('find', 'docs/*.txt', '--newest', '2020-12-31');
    expect(linesOf(text)[0]).toBe(at('docs', 'letter.txt'));
    expect(linesOf(text)[1]).toMatch(/^ {2}-rw-r-----.* in [0-9a-f]{8} \(\d{4}-\d\d-\d\d\)$/);
    expect(linesOf(text)[2]).toBe('1 version found in 2 snapshots');
    expect((await vault('find', 'letter.txt', '--host', 'two', '-q')).out).not.toContain('2020-');
    expect(linesOf(await vault('find', 'nothing', '-s', 'latest'))).toEqual(['nothing found in 1 snapshot']);
    expect((await vault('find', 'x', '--oldest', 'yesterday')).err).toContain('--oldest takes a time');
    expect((await vault('find', '[z-a]')).err).toContain('is no pattern');
  });

  it('shows in what two snapshots differ, in all or at one path', async () => {
    const changes = await vault('diff', 'latest~1', 'latest');
    expect(changes.code).toBe(0);
    const marks = linesOf(changes).filter((line) => /^[-+MTU] {4}/.test(line));
    expect(marks).toEqual([`M    ${at('docs', 'letter.txt')}`, `+    ${at('new')}`]);
    expect(changes.out).toContain('added:    1 file (4 B), 0 folders\n');
    expect(changes.out).toContain('modified: 1 file (6 B before, 15 B after)\n');
    const back = await json('diff', 'latest', 'latest~1', at('docs'), '--metadata');
    expect(back.messages.map(({ path: changed, modifier }) => [changed, modifier]).slice(0, -1)).toEqual([
      [at('docs', 'letter.txt'), 'M'],
    ]);
    expect(back.messages.at(-1)).toMatchObject({
      message_type: 'statistics',
      changed_files: 1,
      added: { files: 0, dirs: 0, others: 0, bytes: 0 },
    });
    const file = await vault('diff', 'latest~1', 'latest', at('new'), '-q');
    expect(linesOf(file)).toEqual([`+    ${at('new')}`]);
    expect((await vault('diff', 'latest', 'latest', at('never'))).err).toContain('neither snapshot has');
  });

  it('gives a file to standard output, and a folder as an archive to whoever reads it', async () => {
    expect((await vault('dump', 'latest~1', at('docs', 'letter.txt'))).out).toBe('first\n');
    const tar = path.join(mesh.root, 'docs.tar');
    const written = await json('dump', 'latest', at('docs'), '--target', tar);
    expect(written.code).toBe(0);
    expect(written.messages[0]).toMatchObject({ message_type: 'summary', kind: 'tar', target: tar });
    const names = execFileSync('tar', ['-tf', tar], { encoding: 'utf8' }).trim().split('\n');
    expect(names).toEqual(['letter.txt', 'old/', 'old/Report.TXT']);
    const again = await vault('dump', 'latest', at('docs'), '--target', tar);
    expect(again.err).toContain('is there already');
    expect((await vault('dump', 'latest', at('link'))).err).toContain('is a link');
  });

  it('is counted: what it would restore to, what is different in it, what it takes', async () => {
    const sizes = await json('stats', '--group-by', 'tag');
    expect(sizes.messages.at(-1)).toMatchObject({
      mode: 'restore-size',
      snapshots_count: 2,
      total_file_count: 7,
    });
    const groups = sizes.messages.filter(({ message_type: type }) => type === 'group_stats');
    expect(groups.map(({ name, snapshots_count: count }) => [name, count])).toEqual([
      ['first', 1],
      ['', 1],
    ]);
    const contents = await json('stats', '--mode', 'files-by-contents');
    expect(contents.messages.map(({ total_file_count: files }) => files)).toEqual([3, 2, 5]);
    const raw = await json('stats', '--mode', 'raw-data');
    const [first, second, total] = raw.messages;
    expect(Number(first?.total_size) + Number(second?.total_size)).toBe(total?.total_size);
    expect(Number(total?.total_size)).toBeGreaterThan(0);
  });

  it('gets other tags in the place of those it had, and names what it was (L4)', async () => {
    const before = await json('snapshots');
    const tagged = await json('tag', '--add', 'keep', '--remove', 'first', '--host', 'one');
    expect(tagged.code).toBe(0);
    const [changed, summary] = tagged.messages;
    expect(changed).toMatchObject({ old_snapshot_id: before.messages[0]?.id, tags: ['keep'] });
    expect(summary).toMatchObject({ changed_snapshots: 1, unchanged_snapshots: 0 });
    const after = await json('snapshots');
    expect(after.messages.map(({ tags, original }) => [tags, original])).toEqual([
      [['keep'], changed?.old_snapshot_id],
      [[], undefined],
    ]);
    expect((await json('undelete', '--list')).out).not.toContain(String(changed?.old_snapshot_id));
    expect(linesOf(await vault('tag', '--add', 'keep', 'latest~1'))).toEqual([
      'changed the tags of 0 snapshots, 1 snapshot had them already',
    ]);
    expect((await vault('dump', 'latest', at('docs', 'letter.txt'), '--tag', 'keep')).out).toBe('first\n');
  });
});
