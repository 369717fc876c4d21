/** A holder's chunk files seen from outside, past its own books: counted, verified, deleted, corrupted, put back. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { toHex } from '../../src/model/bytes.ts';
import { digestOfCid } from '../../src/model/ids.ts';
import type { Random } from '../../src/runtime/random.ts';

/** Every chunk file below a peer's data folder, sorted; what was quarantined or half written does not count. */
function chunkFiles(dataFolder: string): readonly string[] {
  if (!fs.existsSync(dataFolder)) return [];
  return fs
    .readdirSync(dataFolder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /^bafkrei[a-z2-7]+$/.test(path.basename(name)) && !name.includes('quarantine'))
    .map((name) => path.join(dataFolder, name))
    .sort();
}

function isIntact(file: string): boolean {
  const bytes = fs.readFileSync(file);
  return toHex(createHash('sha256').update(bytes).digest()) === toHex(digestOfCid(path.basename(file)));
}

/** For each chunk name, on how many of the folders an intact copy lies. */
export function intactCopies(dataFolders: readonly string[]): ReadonlyMap<string, number> {
  const copies = new Map<string, number>();
  for (const folder of dataFolders) {
    for (const file of chunkFiles(folder)) {
      const name = path.basename(file);
      copies.set(name, (copies.get(name) ?? 0) + (isIntact(file) ? 1 : 0));
    }
  }
  return copies;
}

/** A copy-on-nothing image: hard links, so that it costs no space. Faults below never write into a file in place. */
export function saveImage(dataFolder: string, image: string): void {
  for (const file of chunkFiles(dataFolder)) {
    const to = path.join(image, path.relative(dataFolder, file));
    fs.mkdirSync(path.dirname(to), { recursive: true });
    fs.linkSync(file, to);
  }
}

/** Puts back what is missing or damaged, keeps what came since. The peer must not be running. */
export function restoreImage(dataFolder: string, image: string): void {
  for (const saved of chunkFiles(image)) {
    const file = path.join(dataFolder, path.relative(image, saved));
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.rmSync(file, { force: true });
    fs.linkSync(saved, file);
  }
  fs.rmSync(image, { recursive: true, force: true });
}

/** Deletes about half of the chunk files. */
export function deleteSome(dataFolder: string, random: Random): number {
  const victims = chunkFiles(dataFolder).filter(() => random.fraction() < 0.5);
  for (const file of victims) fs.rmSync(file);
  return victims.length;
}

/** Flips one bit in about half of the chunk files. */
export function corruptSome(dataFolder: string, random: Random): number {
  const victims = chunkFiles(dataFolder).filter(() => random.fraction() < 0.5);
  for (const file of victims) {
    const bytes = fs.readFileSync(file);
    const at = Math.floor(random.fraction() * bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ 0x10;
    fs.writeFileSync(`${file}.rot`, bytes);
    fs.renameSync(`${file}.rot`, file);
  }
  return victims.length;
}
