/** A holder's chunk files seen from outside, past its own books: counted, verified, deleted, corrupted. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { toHex } from '../../src/model/bytes.ts';
import { digestOfCid } from '../../src/model/ids.ts';
import type { Random } from '../../src/runtime/random.ts';

const ASIDE = /quarantine|trash/;

/** Every chunk file below a peer's data folder, sorted; what was quarantined, dropped or half written does not count. */
function chunkFiles(dataFolder: string): readonly string[] {
  if (!fs.existsSync(dataFolder)) return [];
  return fs
    .readdirSync(dataFolder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /^bafkrei[a-z2-7]+$/.test(path.basename(name)) && !ASIDE.test(name))
    .map((name) => path.join(dataFolder, name))
    .sort();
}

/** Peers move and remove files while we look. */
function readIfThere(file: string): Buffer | undefined {
  try {
    return fs.readFileSync(file);
  } catch {
    return undefined;
  }
}

function isIntact(file: string): boolean {
  const bytes = readIfThere(file);
  if (bytes === undefined) return false;
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

/** What lies of one chunk below a peer's data folder, put aside or not: for reports. */
export function tracesOf(dataFolder: string, chunk: string): readonly string[] {
  if (!fs.existsSync(dataFolder)) return [];
  const names = fs.readdirSync(dataFolder, { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => path.basename(name) === chunk)
    .map((name) => {
      const place = ASIDE.exec(name)?.[0] ?? 'kept';
      return isIntact(path.join(dataFolder, name)) ? place : `${place}, damaged`;
    });
}

/** Deletes about half of the chunk files. */
export function deleteSome(dataFolder: string, random: Random): number {
  const victims = chunkFiles(dataFolder).filter(() => random.fraction() < 0.5);
  for (const file of victims) fs.rmSync(file, { force: true });
  return victims.length;
}

/** Flips one bit in about half of the chunk files. */
export function corruptSome(dataFolder: string, random: Random): number {
  const victims = chunkFiles(dataFolder).filter(() => random.fraction() < 0.5);
  for (const file of victims) {
    const bytes = readIfThere(file);
    if (bytes === undefined) continue;
    const at = Math.floor(random.fraction() * bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ 0x10;
    fs.writeFileSync(`${file}.rot`, bytes);
    fs.renameSync(`${file}.rot`, file);
  }
  return victims.length;
}
