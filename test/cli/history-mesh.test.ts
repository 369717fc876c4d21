/** Finding things in a vault's history and getting them back, through the program and three real peers. */
import { chmodSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Outcome, TestMesh } from './mesh-fixture.ts';

/** One story, told in order. */
describe('the history of a vault', () => {
  const mesh = new TestMesh();
  const source = path.join(mesh.root, 'source');
  const at = (...names: string[]): string => path.join(source, ...names);
  const vault = (...line: string[]): Promise<Outcome> => mesh.vault(line);
  const json = (...line: string[]): Promise<Outcome> => mesh.vault([...line, '--json']);
  const linesOf = ({ out }: Outcome): string[] => out.split('\n').filter((line) => line !== '');

  beforeAll(async () => {
    await mesh.add(3);
    expect((await vault('init', '--ticket', mesh.ticket)).code).toBe(0);
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
  }, 60_000);
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
});
