/** A file with several names is read once, as long as remembering it costs little (T4). */
import { describe, expect, it } from 'vitest';
import type { QuickStat } from '../../src/backup/file-source.ts';
import { SourceLinks } from '../../src/backup/source-links.ts';
import { MiB } from '../../src/model/units.ts';

function seen(inode: number, links: number, more: Partial<QuickStat> = {}): QuickStat {
  return { type: 'file', size: 5, mtimeMs: 1000, ctimeMs: 1000, inode, device: 1, links, ...more };
}

const READ = Promise.resolve(undefined);

describe('what was read under another name', () => {
  it('is known for every further name, and forgotten at the last', () => {
    const links = new SourceLinks();
    const file = seen(1, 3);
    links.remember(file, READ);
    expect([links.known(file), links.known(file), links.known(file)]).toEqual([READ, READ, undefined]);
  });

  it('counts no more when the file has changed meanwhile', () => {
    const links = new SourceLinks();
    const file = seen(1, 3);
    links.remember(file, READ);
    expect(links.known(seen(1, 3, { size: 6 }))).toBeUndefined();
    expect(links.known(file)).toBeUndefined();
  });

  it('is bounded by the pieces of the files, and has room again when names were seen', () => {
    const links = new SourceLinks();
    const files = Array.from({ length: 200 }, (_, i) => seen(i, 2, { size: 1000 * MiB }));
    for (const file of files) links.remember(file, READ);
    const known = files.filter((file) => links.known(file) !== undefined);
    expect(known).toHaveLength(49);
    const last = seen(999, 2, { size: 1000 * MiB });
    links.remember(last, READ);
    expect(links.known(last)).toBeDefined();
  });
});
