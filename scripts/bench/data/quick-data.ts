/** Small data of the kinds of the full ones: a tree of small files; one incompressible and one compressible large file. */
import fs from 'node:fs';
import path from 'node:path';
import { KiB, MiB } from '../../../src/model/units.ts';
import { writeNoise } from './noise.ts';
import { writeSmallFiles } from './small-files.ts';
import { textOf } from './text.ts';

export interface QuickSize {
  readonly files: number;
  /** Of each of the two large files. */
  readonly largeBytes: number;
}

export const QUICK: QuickSize = { files: 4000, largeBytes: 64 * MiB };

function writeText(file: string, bytes: number): void {
  const text = textOf('large file');
  const to = fs.openSync(file, 'w');
  for (let left = bytes; left > 0; left -= MiB) fs.writeSync(to, text(Math.min(left, MiB)));
  fs.closeSync(to);
}

/** Below `root`: src and big. */
export function makeQuickData(root: string, { files, largeBytes }: QuickSize): void {
  writeSmallFiles(path.join(root, 'src'), { files, leastBytes: 200, mostBytes: 40 * KiB });
  fs.mkdirSync(path.join(root, 'big'));
  writeNoise(path.join(root, 'big', 'random.bin'), largeBytes);
  writeText(path.join(root, 'big', 'text.txt'), largeBytes);
}
