/** Holes of large files are given as zeros without being read, once they are old enough to be believed (decision 52). */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodeFileSource } from '../../src/backup/node-file-source.ts';
import { KiB, MiB } from '../../src/model/units.ts';
import { temporaryFolder } from './temporary-folder.ts';

const SIZE = 24 * MiB + 5;
const MIDDLE = 12 * MiB + 77;

function sparseFile(mtime: number): string {
  const path = join(temporaryFolder(), 'sparse');
  fs.writeFileSync(path, 'start');
  fs.truncateSync(path, SIZE);
  const fd = fs.openSync(path, 'r+');
  fs.writeSync(fd, 'middle', MIDDLE);
  fs.closeSync(fd);
  fs.utimesSync(path, mtime, mtime);
  return path;
}

/** Positions and values of all bytes that are not zero; the number of bytes. */
function read(path: string, slice: number): { found: string; length: number } {
  const file = nodeFileSource().open(path);
  const { size } = file.stat();
  const into = new Uint8Array(slice);
  const zeros = Buffer.alloc(slice);
  let [at, found] = [0, ''];
  for (;;) {
    into.fill(0x7f); // what is not written would be seen
    const length = file.read(into.subarray(0, Math.min(slice, size - at)), at);
    if (length === 0) break;
    const part = Buffer.from(into.subarray(0, length));
    if (!part.equals(zeros.subarray(0, length))) {
      for (const [i, byte] of part.entries()) if (byte !== 0) found += `${at + i}:${byte} `;
    }
    at += length;
  }
  file.close();
  return { found, length: at };
}

describe('a large file with holes', () => {
  it.each([
    ['an old one', 1e9],
    ['one that was written now', Date.now() / 1000],
  ])('has the same bytes in whatever slices it is read: %s', (_name, mtime) => {
    const path = sparseFile(mtime);
    const expected = [...Buffer.from('start')].map((byte, i) => `${i}:${byte} `).join('');
    const middle = [...Buffer.from('middle')].map((byte, i) => `${MIDDLE + i}:${byte} `).join('');
    for (const slice of [MiB, 300 * KiB + 1]) {
      expect(read(path, slice)).toEqual({ found: expected + middle, length: SIZE });
    }
  });

  it('ends where it ends now when it has shrunk since it was opened', () => {
    const path = sparseFile(1e9);
    const file = nodeFileSource().open(path);
    file.stat();
    fs.truncateSync(path, 13 * MiB);
    expect(file.read(new Uint8Array(MiB), 13 * MiB)).toBe(0);
    expect(file.read(new Uint8Array(2 * MiB), 13 * MiB - 10)).toBe(10);
    const start = new Uint8Array(5);
    expect([file.read(start, 0), Buffer.from(start).toString()]).toEqual([5, 'start']);
    file.close();
  });
});
