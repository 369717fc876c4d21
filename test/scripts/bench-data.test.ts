import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { compareRestored } from '../../scripts/bench/compare-restored.ts';
import { chooseFile } from '../../scripts/bench/data/choose-file.ts';
import { applyEdit, revertEdit } from '../../scripts/bench/data/edit-data.ts';
import { bytesBelow, filesBelow } from '../../scripts/bench/data/file-list.ts';
import { insertMiddle, removeMiddle } from '../../scripts/bench/data/insert-middle.ts';
import { makeQuickData } from '../../scripts/bench/data/quick-data.ts';
import { compareTrees } from '../../src/backup/compare.ts';
import { temporaryFolder } from '../backup/temporary-folder.ts';

const TINY = { files: 400, largeBytes: 300_000 };

function tinyData(): string {
  const root = temporaryFolder();
  makeQuickData(root, TINY);
  return root;
}

describe('the data of the benchmark', () => {
  it('are the same each time they are made', async () => {
    const [one, other] = [tinyData(), tinyData()];
    const differences = await compareTrees(one, other);
    expect(differences.filter(({ kind }) => kind !== 'mtime')).toEqual([]);
    expect([...filesBelow(path.join(one, 'src'))]).toHaveLength(TINY.files);
    expect(bytesBelow(path.join(one, 'big'))).toBe(2 * TINY.largeBytes);
  });

  it('are edited in place, and undone exactly', async () => {
    const root = tinyData();
    const before = temporaryFolder();
    fs.cpSync(root, before, { recursive: true, preserveTimestamps: true });
    const large = path.join(root, 'big', 'random.bin');
    const { ino } = fs.statSync(large);
    const count = applyEdit(root);
    expect(count).toMatchObject({ added: 10, inserted: 2 });
    expect(count.changed).toBeGreaterThan(0);
    expect(fs.statSync(large)).toMatchObject({ ino, size: TINY.largeBytes + 4096 });
    revertEdit(root);
    const kinds = (await compareTrees(before, root)).filter(({ kind }) => kind !== 'mtime');
    expect(kinds).toEqual([]);
    const times = (folder: string) =>
      [...filesBelow(folder)].map((file) => Math.floor(fs.statSync(file).mtimeMs));
    expect(times(root)).toEqual(times(before));
    expect(fs.statSync(large).ino).toBe(ino);
    revertEdit(root); // nothing to undo any more
  });

  it('are not used when a crash left them half edited', () => {
    const root = tinyData();
    fs.mkdirSync(path.join(root, '.undo'));
    expect(() => revertEdit(root)).toThrow(/half edited/);
  });

  it('grow and shrink in the middle, also over many slices', () => {
    const file = path.join(temporaryFolder(), 'large');
    const bytes = Buffer.alloc(40 * 2 ** 20);
    for (let at = 0; at < bytes.length; at += 4) bytes.writeUInt32LE(at, at);
    fs.writeFileSync(file, bytes);
    insertMiddle(file, Buffer.from('inserted'));
    const middle = bytes.length / 2;
    const expected = Buffer.concat([
      bytes.subarray(0, middle),
      Buffer.from('inserted'),
      bytes.subarray(middle),
    ]);
    expect(fs.readFileSync(file).equals(expected)).toBe(true);
    removeMiddle(file, 8);
    expect(fs.readFileSync(file).equals(bytes)).toBe(true);
  });

  it('have one file that is chosen every time', () => {
    const [one, other] = [tinyData(), tinyData()];
    expect(path.relative(one, chooseFile(one))).toBe(path.relative(other, chooseFile(other)));
    expect(() => chooseFile(temporaryFolder())).toThrow(/holds no file/);
  });
});

describe('a restored copy', () => {
  it('is compared byte by byte, folder or file', async () => {
    const root = tinyData();
    const copy = path.join(temporaryFolder(), 'copy');
    fs.cpSync(path.join(root, 'big'), copy, { recursive: true });
    const [source, place] = [path.join(root, 'big', 'text.txt'), path.join(copy, 'text.txt')];
    expect(await compareRestored(source, place)).toEqual([]);
    fs.writeSync(fs.openSync(place, 'r+'), '#', 1000);
    expect(await compareRestored(source, place)).toEqual([`${place} has another byte at 1000`]);
    fs.truncateSync(place, 10);
    expect(await compareRestored(source, place)).toEqual([`${place} has another size`]);
    expect((await compareRestored(path.join(root, 'big'), copy)).join()).toMatch(/text\.txt: content/);
    expect(await compareRestored(source, path.join(copy, 'gone'))).toHaveLength(1);
  });
});
