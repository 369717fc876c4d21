/** Comparing two folders: every kind of difference is found, and equal folders have none. */
import * as fs from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { compareTrees } from '../../src/backup/compare.ts';
import { compareFolders } from '../../src/backup/compare-folders.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import { temporaryFolder } from './temporary-folder.ts';

let expected = '';
let actual = '';

function make(folder: string): void {
  fs.mkdirSync(path.join(folder, 'd'), { recursive: true });
  fs.writeFileSync(path.join(folder, 'd/file'), 'content');
  fs.writeFileSync(path.join(folder, 'z'), Buffer.alloc(2_500_000, 1));
  fs.linkSync(path.join(folder, 'z'), path.join(folder, 'z2'));
  fs.symlinkSync('target', path.join(folder, 'link'));
  fs.writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff])]), 'x');
  for (const name of ['d/file', 'd', 'z', 'link']) fs.lutimesSync(path.join(folder, name), 1e9, 1e9);
  fs.utimesSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff])]), 1e9, 1e9);
}

async function kinds(): Promise<string[]> {
  const { differences } = await compareFolders({ expected, actual });
  return differences.map((one) => `${one.path} ${one.kind}`);
}

/** Undoes what changing an entry did to its folder's time. */
function settle(...names: string[]): void {
  for (const name of names) fs.lutimesSync(path.join(actual, name), 1e9, 1e9);
}

describe('comparing', () => {
  beforeEach(() => {
    const folder = temporaryFolder();
    expected = path.join(folder, 'expected');
    actual = path.join(folder, 'actual');
    for (const each of [expected, actual]) make(each);
  });

  it('names what vanishes while it is looked at, and goes on', async () => {
    let asked = 0;
    const clock = {
      ...systemClock,
      monotonicMs: () => {
        // At the start, before "d", and before "d/file", which has been listed by then.
        asked += 1;
        if (asked === 3) fs.rmSync(path.join(expected, 'd/file'));
        return 0;
      },
    };
    const { differences } = await compareFolders({ expected, actual, clock });
    expect(differences).toEqual([expect.objectContaining({ path: 'd/file', kind: 'unreadable' })]);
    expect(asked).toBeGreaterThan(3);
  });

  it('finds no difference between equal folders, and counts what it saw', async () => {
    expect(await compareTrees(expected, actual)).toEqual([]);
    expect(await compareFolders({ expected, actual })).toMatchObject({
      differenceCount: 0,
      files: 4,
      directories: 1,
      links: 1,
      bytes: 5_000_008,
      skipped: 0,
    });
  });

  it('finds a changed byte far inside, and where it is', async () => {
    const fd = fs.openSync(path.join(actual, 'z'), 'r+');
    fs.writeSync(fd, 'x', 2_000_000);
    fs.closeSync(fd);
    settle('z');
    const [first] = await compareTrees(expected, actual);
    expect(first).toMatchObject({ path: 'z', kind: 'content', actual: 'another byte at 2000000' });
  });

  it('finds other sizes, modes and types', async () => {
    fs.appendFileSync(path.join(actual, 'd/file'), '!');
    fs.chmodSync(path.join(actual, 'd'), 0o700);
    fs.rmSync(path.join(actual, 'link'));
    fs.mkdirSync(path.join(actual, 'link'));
    settle('d/file', 'd');
    expect(await kinds()).toEqual(['d mode', 'd/file content', 'link type']);
  });

  it('finds a nanosecond, and a time of a link', async () => {
    fs.utimesSync(path.join(actual, 'd'), 1e9, 1e9 + 1e-6);
    fs.lutimesSync(path.join(actual, 'link'), 1e9, 1e9 + 1);
    expect(await kinds()).toEqual(['d mtime', 'link mtime']);
  });

  it('finds missing and extra names, and links elsewhere', async () => {
    fs.renameSync(path.join(actual, 'd/file'), path.join(actual, 'd/file2'));
    fs.rmSync(path.join(actual, 'link'));
    fs.symlinkSync('elsewhere', path.join(actual, 'link'));
    settle('d', 'link');
    expect(await kinds()).toEqual(['d/file missing', 'd/file2 extra', 'link link']);
  });

  it('finds names that are no longer one file, and names that became one', async () => {
    fs.copyFileSync(path.join(actual, 'z'), path.join(actual, 'new'));
    fs.renameSync(path.join(actual, 'new'), path.join(actual, 'z2'));
    settle('z2');
    expect(await kinds()).toEqual(['z2 hard-link']);
    fs.rmSync(path.join(actual, 'z2'));
    fs.linkSync(path.join(actual, 'z'), path.join(actual, 'z2'));
    expect(await kinds()).toEqual([]);
  });

  it.runIf(process.getuid?.() === 0)('finds other owners', async () => {
    fs.lchownSync(path.join(actual, 'link'), 12, 34);
    expect(await kinds()).toEqual(['link owner']);
  });

  it('lists a bounded number of differences and counts all', async () => {
    for (let i = 0; i < 20; i++) fs.writeFileSync(path.join(actual, `extra${i}`), '');
    const { differences, differenceCount } = await compareFolders({ expected, actual, maxListed: 5 });
    expect([differences.length, differenceCount]).toEqual([5, 20]);
  });

  it('refuses what is no folder', async () => {
    const wait = compareTrees(expected, path.join(actual, 'none'));
    await expect(wait).rejects.toMatchObject({ code: 'not-found' });
  });
});
