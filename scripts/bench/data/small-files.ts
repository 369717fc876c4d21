/** Many small files in folders of about a hundred, made without a network. */
import fs from 'node:fs';
import path from 'node:path';
import { SeededRandom } from '../../../src/runtime/seeded-random.ts';
import { noise } from './noise.ts';
import { textOf } from './text.ts';

const PER_FOLDER = 100;
/** One in so many is incompressible, like images and archives among sources. */
const NOISY = 25;

export interface SmallFiles {
  readonly files: number;
  /** Sizes lie between the two, most of them near the smaller. */
  readonly leastBytes: number;
  readonly mostBytes: number;
}

export function smallFilePath(folder: string, i: number): string {
  const leaf = Math.floor(i / PER_FOLDER);
  return path.join(folder, `part-${Math.floor(leaf / PER_FOLDER)}`, `folder-${leaf}`, `file-${i}`);
}

/** Returns the bytes of all files. */
export function writeSmallFiles(folder: string, { files, leastBytes, mostBytes }: SmallFiles): number {
  const random = new SeededRandom('sizes');
  const text = textOf('small files');
  const bytes = noise(1);
  let total = 0;
  for (let i = 0; i < files; i++) {
    const file = smallFilePath(folder, i);
    if (i % PER_FOLDER === 0) fs.mkdirSync(path.dirname(file), { recursive: true });
    const size = Math.floor(leastBytes + (mostBytes - leastBytes) * random.fraction() ** 3);
    fs.writeFileSync(file, i % NOISY === 0 ? bytes(size) : text(size));
    total += size;
  }
  return total;
}
