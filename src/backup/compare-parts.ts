/** Reads parts of restored files back and compares them with what was written. */
import * as fs from 'node:fs';
import { digestOf } from '../crypto/digest.ts';
import { bytesEqual } from '../model/bytes.ts';
import { VaultError } from '../model/errors.ts';
import { systemPath } from './byte-path.ts';
import { nativeFiles } from './native-files.ts';
import { type Fault, faultOf } from './target-error.ts';
import type { CompareJob } from './unpackers.ts';

export const SUM_BYTES = 32;
const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = fs.constants;

export function compareParts({ prefix, paths, extents, sums }: CompareJob): (readonly [number, Fault])[] {
  const faults: (readonly [number, Fault])[] = [];
  const names = paths.split('\0').slice(0, -1);
  for (const [index, path] of names.entries()) {
    const [position = 0, length = 0, whole = 0] = extents.subarray(3 * index);
    const sum = sums.subarray(index * SUM_BYTES, (index + 1) * SUM_BYTES);
    try {
      if (!isAsWritten(prefix + path, { position, length, whole: whole === 1, sum })) throw different();
    } catch (error) {
      faults.push([index, faultOf(error)]);
    }
  }
  return faults;
}

interface Part {
  readonly position: number;
  readonly length: number;
  readonly whole: boolean;
  readonly sum: Uint8Array;
}

function isAsWritten(path: string, { position, length, whole, sum }: Part): boolean {
  const fd = fs.openSync(systemPath(path), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    if (whole && fs.fstatSync(fd).size !== length) return false;
    nativeFiles()?.forget(fd);
    const bytes = new Uint8Array(length);
    for (let filled = 0; filled < length; ) {
      const read = fs.readSync(fd, bytes, filled, length - filled, position + filled);
      if (read === 0) return false;
      filled += read;
    }
    return bytesEqual(digestOf(bytes), sum);
  } finally {
    fs.closeSync(fd);
  }
}

function different(): VaultError {
  return new VaultError(
    'io',
    'it reads back differently than it was written: this disk or this memory is failing',
  );
}
