/** Moves the second half of a large file in place: the file keeps its inode. */
import fs from 'node:fs';
import { MiB } from '../../../src/model/units.ts';

const STEP = 16 * MiB;

export function insertMiddle(file: string, extra: Uint8Array): void {
  const handle = fs.openSync(file, 'r+');
  const { size } = fs.fstatSync(handle);
  const middle = Math.floor(size / 2);
  const buffer = Buffer.allocUnsafe(STEP);
  for (let end = size; end > middle; ) {
    const start = Math.max(middle, end - STEP);
    fs.readSync(handle, buffer, 0, end - start, start);
    fs.writeSync(handle, buffer, 0, end - start, start + extra.length);
    end = start;
  }
  fs.writeSync(handle, extra, 0, extra.length, middle);
  fs.closeSync(handle);
}

/** The opposite, for as many bytes as were inserted. */
export function removeMiddle(file: string, bytes: number): void {
  const handle = fs.openSync(file, 'r+');
  const size = fs.fstatSync(handle).size - bytes;
  const buffer = Buffer.allocUnsafe(STEP);
  for (let start = Math.floor(size / 2); start < size; ) {
    const read = fs.readSync(handle, buffer, 0, Math.min(STEP, size - start), start + bytes);
    fs.writeSync(handle, buffer, 0, read, start);
    start += read;
  }
  fs.ftruncateSync(handle, size);
  fs.closeSync(handle);
}
