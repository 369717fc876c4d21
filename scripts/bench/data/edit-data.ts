/**
 * The small edit, in place, the same in every run and undone exactly (contents and mtime): 1% of the files of src get a line of 40
 * bytes in their middle, 10 files of 16 KiB are added in different folders, and 4 KiB are inserted in the middle of each file of big.
 * In place matters: borg (inode and ctime) and restic (ctime and size) skip unchanged files by their inode data.
 */
import { createCipheriv, hash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { KiB } from '../../../src/model/units.ts';
import { filesBelow } from './file-list.ts';
import { insertMiddle, removeMiddle } from './insert-middle.ts';

const ONE_IN = 100;
const ADDED = 10;
const ADDED_BYTES = 16 * KiB;
const INSERTED_BYTES = 4 * KiB;

interface Change {
  /** Below the root. */
  readonly file: string;
  readonly atimeS: number;
  readonly mtimeS: number;
}

interface UndoLog {
  /** Contents before lie in the undo folder, under their number here. */
  readonly changed: readonly Change[];
  readonly added: readonly string[];
  readonly inserted: readonly Change[];
}

export interface EditCount {
  readonly changed: number;
  readonly added: number;
  readonly inserted: number;
}

const sha256 = (text: string): Buffer => hash('sha256', text, 'buffer');

function stream(seed: string, length: number): Uint8Array {
  return createCipheriv('aes-256-ctr', sha256(seed), Buffer.alloc(16)).update(Buffer.alloc(length));
}

function times(file: string): { readonly atimeS: number; readonly mtimeS: number } {
  const { atimeMs, mtimeMs } = fs.statSync(file);
  return { atimeS: atimeMs / 1000, mtimeS: mtimeMs / 1000 };
}

function changeSome(root: string, undo: string): { readonly changed: Change[]; readonly added: string[] } {
  const changed: Change[] = [];
  const folders = new Set<string>();
  for (const place of filesBelow(path.join(root, 'src'))) {
    const file = path.relative(root, place);
    const digest = sha256(`pick:${file}`);
    folders.add(path.dirname(place));
    if (digest.readUInt32LE(0) % ONE_IN !== 0) continue;
    const bytes = fs.readFileSync(place);
    const middle = bytes.length >> 1;
    fs.writeFileSync(path.join(undo, String(changed.length)), bytes);
    changed.push({ file, ...times(place) });
    const line = `\nedited ${digest.toString('hex').slice(0, 31)}\n`;
    fs.writeFileSync(
      place,
      Buffer.concat([bytes.subarray(0, middle), Buffer.from(line), bytes.subarray(middle)]),
    );
  }
  const list = [...folders];
  const added = Array.from({ length: ADDED }, (_, k) => {
    const file = path.join(list[Math.floor((k * list.length) / ADDED)] ?? root, `added-${k}.bin`);
    fs.writeFileSync(file, stream(`add${k}`, ADDED_BYTES));
    return path.relative(root, file);
  });
  return { changed, added };
}

function insertIntoLarge(root: string): Change[] {
  return fs
    .readdirSync(path.join(root, 'big'))
    .sort()
    .map((name) => {
      const place = path.join(root, 'big', name);
      const before = times(place);
      insertMiddle(place, stream(`ins${name}`, INSERTED_BYTES));
      return { file: path.join('big', name), ...before };
    });
}

const undoFolder = (root: string): string => path.join(root, '.undo');
const logFile = (root: string): string => path.join(undoFolder(root), 'log.json');

/** Without a pause in which a signal could come between. */
export function applyEdit(root: string): EditCount {
  fs.mkdirSync(undoFolder(root));
  const { changed, added } = changeSome(root, undoFolder(root));
  const inserted = insertIntoLarge(root);
  const log: UndoLog = { changed, added, inserted };
  fs.writeFileSync(logFile(root), JSON.stringify(log));
  return { changed: changed.length, added: added.length, inserted: inserted.length };
}

/** Does nothing where nothing is edited. Throws when an edit was cut off in the middle, which only a crash can do. */
export function revertEdit(root: string): void {
  if (!fs.existsSync(undoFolder(root))) return;
  if (!fs.existsSync(logFile(root)))
    throw new Error(`${root} was left half edited: remove it, and make it anew`);
  const log = JSON.parse(fs.readFileSync(logFile(root), 'utf8')) as UndoLog;
  log.changed.forEach(({ file, atimeS, mtimeS }, number) => {
    fs.writeFileSync(path.join(root, file), fs.readFileSync(path.join(undoFolder(root), String(number))));
    fs.utimesSync(path.join(root, file), atimeS, mtimeS);
  });
  for (const file of log.added) fs.rmSync(path.join(root, file));
  for (const { file, atimeS, mtimeS } of log.inserted) {
    removeMiddle(path.join(root, file), INSERTED_BYTES);
    fs.utimesSync(path.join(root, file), atimeS, mtimeS);
  }
  fs.rmSync(undoFolder(root), { recursive: true });
}
