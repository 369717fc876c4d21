/** A file with several names is read once, as long as remembering it costs little (T4). */
import { describe, expect, it } from 'vitest';
import type { SourceStat } from '../../src/backup/file-source.ts';
import { type ReadFile, SourceLinks } from '../../src/backup/source-links.ts';

const TIME = { seconds: 1, nanoseconds: 0 };

function statOf(inode: number, links: number, more: Partial<SourceStat> = {}): SourceStat {
  const times = { mtime: TIME, ctime: TIME };
  const rest = { uid: 0, gid: 0, user: undefined, group: undefined, device: 1n, sparse: false };
  return { type: 'file', size: 5, mode: 0, inode: BigInt(inode), links, ...times, ...rest, ...more };
}

function readOf(stat: SourceStat, parts: number): ReadFile {
  const place = { chunk: new Uint8Array(32), offset: 0, length: 1 };
  return {
    stat,
    content: { size: parts, parts: Array.from({ length: parts }, () => place), indirect: false },
  };
}

describe('what was read under another name', () => {
  it('is known for every further name, and forgotten at the last', () => {
    const links = new SourceLinks();
    const stat = statOf(1, 3);
    const read = readOf(stat, 1);
    links.remember(stat, read);
    expect([links.known(stat), links.known(stat), links.known(stat)]).toEqual([read, read, undefined]);
  });

  it('counts no more when the file has changed meanwhile', () => {
    const links = new SourceLinks();
    const stat = statOf(1, 3);
    links.remember(stat, readOf(stat, 1));
    expect(links.known(statOf(1, 3, { size: 6 }))).toBeUndefined();
    expect(links.known(stat)).toBeUndefined();
  });

  it('is bounded by the pieces of the files, and has room again when names were seen', () => {
    const links = new SourceLinks();
    const stats = Array.from({ length: 200 }, (_, i) => statOf(i, 2));
    for (const stat of stats) links.remember(stat, readOf(stat, 1000));
    const known = stats.filter((stat) => links.known(stat) !== undefined);
    expect(known).toHaveLength(49);
    const last = statOf(999, 2);
    links.remember(last, readOf(last, 1000));
    expect(links.known(last)).toBeDefined();
  });
});
