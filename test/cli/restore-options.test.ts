/** The options of `vault restore`, said on the command line to a real peer. */
import * as fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareFolders } from '../../src/index.ts';
import { type Outcome, TestMesh } from './mesh-fixture.ts';

function filesIn(folder: string): string[] {
  return fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
}

/** One story, told in order: each test goes on where the one before ended. */
describe('restoring in place', () => {
  const mesh = new TestMesh();
  const source = path.join(mesh.root, 'source');
  const place = path.join(mesh.root, 'place');
  const at = (name: string): string => path.join(place, name);

  const restore = (...more: string[]): Promise<Outcome> =>
    mesh.vault(['restore', `latest:${source}`, '--target', place, ...more]);
  const summaryOf = ({ messages }: Outcome) => messages.find((line) => line.message_type === 'summary');
  const same = async (): Promise<readonly unknown[]> =>
    (await compareFolders({ expected: source, actual: place, self: true })).differences.filter(
      // A folder that was there, and is not what was named, keeps its own time.
      ({ path: name, kind }) => name !== '.' || kind !== 'mtime',
    );

  beforeAll(async () => {
    fs.mkdirSync(path.join(source, 'docs'), { recursive: true });
    for (const name of ['a.txt', 'b.txt', 'c.bin']) fs.writeFileSync(path.join(source, 'docs', name), name);
    fs.writeFileSync(path.join(source, 'large'), Buffer.alloc(3_000_000, 'x'));
    await mesh.add(1);
    await mesh.vault(['init', '--ticket', mesh.ticket, '--copies', '1']);
    expect((await mesh.vault(['backup', source])).code).toBe(0);
  }, 240_000);
  afterAll(() => mesh.end());

  it('takes a part of it by patterns, first only saying which', async () => {
    const rehearsed = await restore('--include', '*.txt', '--dry-run', '-v');
    expect(rehearsed.code).toBe(0);
    expect(rehearsed.out).toContain('restored  docs/a.txt');
    expect(rehearsed.out).not.toContain('c.bin');
    expect(rehearsed.out).toContain('nothing was written: this was a dry run');
    expect(fs.existsSync(place)).toBe(false);
    expect((await restore('--include', '*.txt', '--verify')).out).toMatch(
      /verified {2}2 files, 10 B read back/,
    );
    expect(filesIn(place)).toEqual(['docs', 'docs/a.txt', 'docs/b.txt']);
  }, 120_000);

  it('refuses what is there unless told what to do with it', async () => {
    const { code, err } = await restore();
    expect(code).toBe(1);
    expect(err).toContain('is not empty; nothing was written');
    expect(err).toContain('--overwrite never');
  }, 120_000);

  it('keeps, replaces and deletes as asked, and counts it in JSON', async () => {
    fs.writeFileSync(at('docs/a.txt'), 'mine');
    fs.writeFileSync(at('docs/surplus'), 's');
    fs.mkdirSync(at('old/deep'), { recursive: true });
    const never = await restore('--overwrite', 'never', '--json');
    expect(summaryOf(never)).toMatchObject({
      files_restored: 2,
      files_skipped: 2,
      files_deleted: 0,
      resumed: false,
    });
    expect(fs.readFileSync(at('docs/a.txt'), 'utf8')).toBe('mine');
    const newer = await restore('--overwrite', 'if-newer', '--json');
    expect(summaryOf(newer)).toMatchObject({ files_restored: 0, files_skipped: 4 });
    const changed = await restore('--overwrite', 'if-changed', '--delete', '--json', '-v');
    expect(summaryOf(changed)).toMatchObject({ files_restored: 1, files_skipped: 3, files_deleted: 3 });
    const deleted = changed.messages.filter(({ action }) => action === 'deleted').map(({ item }) => item);
    expect(new Set(deleted)).toEqual(new Set(['docs/surplus', 'old']));
    expect(await same()).toEqual([]);
    fs.chmodSync(at('docs/b.txt'), 0o600);
    expect((await restore('--overwrite', 'always', '--sparse', '--numeric-owner')).code).toBe(0);
    expect(await same()).toEqual([]);
  }, 120_000);

  it.each([
    ['--delete', '--delete needs --overwrite'],
    ['--dry-run --verify', '--dry-run writes nothing that --verify could read back'],
    ['--include a --exclude b', 'not both'],
    ['--include [', 'is no pattern'],
    ['--include-file /nonexistent/file', 'the include file /nonexistent/file'],
  ])('refuses %s', async (words, why) => {
    const { code, err } = await restore(...words.split(' '));
    expect(code).toBe(1);
    expect(err).toContain(why);
  });

  it('does not empty the root directory', async () => {
    const { code, err } = await mesh.vault([
      'restore',
      'latest',
      '--target',
      '/',
      '--overwrite',
      'if-changed',
      '--delete',
      '--dry-run',
    ]);
    expect(code).toBe(1);
    expect(err).toContain('--delete in the root directory needs patterns');
  });
});
