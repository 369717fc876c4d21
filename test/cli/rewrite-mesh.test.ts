/** Files taken out of snapshots that are there, through the program and a real peer: they are gone, and nothing else is (L4). */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linesOf, type Outcome, TestMesh } from './mesh-fixture.ts';

/** One story, told in order. */
describe('a snapshot', () => {
  const mesh = new TestMesh();
  const source = path.join(mesh.root, 'source');
  const at = (...names: string[]): string => path.join(source, ...names);
  const vault = (...line: string[]): Promise<Outcome> => mesh.vault(line);
  const json = (...line: string[]): Promise<Outcome> => mesh.vault([...line, '--json']);

  beforeAll(async () => {
    await mesh.add(1);
    expect((await vault('init', '--ticket', mesh.ticket, '--copies', '1')).code).toBe(0);
    mkdirSync(at('docs'), { recursive: true });
    writeFileSync(at('docs', 'letter.txt'), 'letter\n');
    writeFileSync(at('secret.key'), 'do not keep\n');
    symlinkSync('docs/letter.txt', at('link'));
    expect((await vault('backup', source)).code).toBe(0);
    writeFileSync(at('new'), 'new\n');
    expect((await vault('backup', source)).code).toBe(0);
  }, 300_000);
  afterAll(() => mesh.end());

  it('is rewritten without a file, which prune then lets go; the old snapshot can come back until the trash is emptied (L4)', async () => {
    const secret = at('secret.key');
    const entry = (await json('cat', 'tree', `latest:${secret}`)).messages[0] as {
      content: { chunk: string }[];
    };
    const [place] = entry.content;
    const before = await json('snapshots');
    const chunks = (): number => mesh.chunkFiles().size;
    const planned = linesOf(await vault('rewrite', '--exclude', '*.key', '--forget', '--dry-run', '-v'));
    expect(planned).toContain(`removed   ${secret} (12 B)`);
    expect(planned.at(-1)).toBe('dry run: 2 snapshots would change, nothing to change in 0 others');
    expect((await json('snapshots')).messages).toEqual(before.messages);
    const stored = chunks();
    const copy = await json('rewrite', '--iexclude', '*.KEY', '--new-host', 'three', 'latest');
    expect(copy.code).toBe(0);
    expect(copy.messages[0]).toMatchObject({
      message_type: 'changed',
      old_snapshot_id: before.messages[1]?.id,
      hostname: 'three',
      tags: ['rewrite'],
      files_removed: 1,
      dirs_removed: 0,
      bytes_removed: 12,
      forgotten: false,
    });
    expect(chunks()).toBe(stored + 2);
    const patterns = path.join(mesh.root, 'patterns');
    writeFileSync(patterns, '# secrets\n*.key\n');
    const done = await json('rewrite', '--exclude-file', patterns, '--forget');
    expect(done.messages.at(-1)).toMatchObject({
      changed_snapshots: 3, // the copy too: it needs the chunk in which the secret lies
      unchanged_snapshots: 0,
      forgotten_snapshots: 3,
      copies_min: 1,
    });
    const after = await json('snapshots');
    expect(after.messages.map(({ time }) => String(time)).sort()).toEqual(
      [...before.messages, before.messages[1]].map((each) => String(each?.time)).sort(),
    );
    expect((await vault('find', 'secret.key')).out).toContain('nothing found in 3 snapshots');
    const counted = await json('ls', 'latest', '--recursive');
    const files = counted.messages.filter(({ type }) => type === 'file');
    expect(counted.messages[0]?.total_files).toBe(files.length);
    expect((await vault('dump', 'latest', at('new'))).out).toBe('new\n');
    const again = linesOf(await vault('rewrite', '--exclude', '*.key'));
    expect(again).toEqual(['changed 0 snapshots, nothing to change in 3 others']);
    expect((await vault('check', '--read-data')).code).toBe(0);

    const old = String(before.messages[0]?.id);
    expect((await json('prune')).code).toBe(0);
    const log = (await json('cat', 'log')).messages as unknown as { drops: string[] }[];
    expect(log.flatMap(({ drops }) => drops)).toContain(place?.chunk);
    expect((await vault('undelete', old)).code).toBe(0);
    expect((await vault('find', 'secret.key')).out).toContain('1 version found in 4 snapshots');
  }, 600_000);

  it('is not rewritten without being told what to change, or to a time to come', async () => {
    const nothing = await vault('rewrite', '--forget');
    expect([nothing.code, nothing.err]).toEqual([1, expect.stringContaining('say what to change')]);
    expect((await vault('rewrite', '--new-time', '2999-01-01 00:00:00')).err).toContain('in the future');
    expect((await vault('rewrite', '--exclude', '[', 'latest')).err).toContain('is no pattern');
    expect((await vault('rewrite', '--exclude', 'x', 'abcdef')).err).toContain('no snapshot begins with');
  }, 120_000);
});
