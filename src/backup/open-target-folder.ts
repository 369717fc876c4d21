/** Makes and checks the folder that a restore writes into, before its first entry. */
import * as fs from 'node:fs';
import path from 'node:path';
import { VaultError } from '../model/errors.ts';
import { makeFolders } from '../runtime/make-folders.ts';
import type { PrepareOptions } from './file-target.ts';
import { nativeTimes, type SetTimes } from './native-times.ts';
import { NEW_FILE, type NewFiles } from './small-file-writer.ts';
import { errnoOf } from './target-error.ts';
import { TEMPORARY_PREFIX } from './temporary-names.ts';
import { timestampOf } from './timestamp-of.ts';
import { readMark, removeMark, writeMark } from './unfinished-mark.ts';

interface TargetState {
  /** Absolute, without links, ending in '/'; `undefined` when there is no such folder. */
  readonly root: Buffer | undefined;
  /** It is absent or empty. */
  readonly fresh: boolean;
  /** It holds what an interrupted restore of the same has left, and nothing else was said of what exists. */
  readonly resumed: boolean;
}

export interface OpenedTarget extends TargetState {
  readonly root: Buffer;
  readonly newFiles: NewFiles;
  /** What is made in it has the owner and mode that was asked for, as `newFiles` says; not below a setgid folder. */
  readonly exact: boolean;
}

const SETGID = 0o2000;

/** Looks and changes nothing. Throws 'target-exists' (not empty, and `overwrite` is 'fail'), 'target-unwritable'. */
export function inspectTarget(folder: string, options: PrepareOptions): TargetState {
  try {
    if (!fs.existsSync(folder)) return { root: undefined, fresh: true, resumed: false };
    const real = fs.realpathSync(folder, { encoding: 'buffer' });
    const root = real.at(-1) === 0x2f ? real : Buffer.concat([real, Buffer.from('/')]);
    const fresh = isEmpty(real);
    const resumed = !fresh && options.overwrite === 'fail';
    if (resumed) checkMark(folder, readMark(root), options.mark);
    return { root, fresh, resumed };
  } catch (error) {
    throw error instanceof VaultError ? error : unwritable(folder, error);
  }
}

/** The same, and makes the folder. Throws 'no-space' too. */
export function openTargetFolder(folder: string, options: PrepareOptions): OpenedTarget {
  try {
    makeFolders(folder);
    const { root, fresh, resumed } = inspectTarget(folder, options);
    if (!root) throw new Error(`${folder} was made and is not there`);
    const exact = (fs.statSync(root).mode & SETGID) === 0;
    const newFiles = probe(folder);
    if (fresh && options.mark !== undefined) writeMark(root, options.mark);
    return { root, fresh, resumed, newFiles, exact };
  } catch (error) {
    throw error instanceof VaultError ? error : unwritable(folder, error);
  }
}

/** Everything was restored: there is nothing to go on with. The folder keeps the mode and time it was given. Throws like node:fs. */
export function closeTargetFolder(
  { root }: OpenedTarget,
  { mark }: PrepareOptions,
  setTimes: SetTimes = nativeTimes().setTimes,
): void {
  if (mark === undefined || readMark(root) !== mark) return;
  const { mode, mtimeNs } = fs.statSync(root, { bigint: true });
  const bits = Number(mode) & 0o7777;
  const shut = (bits & 0o300) !== 0o300;
  if (shut) fs.chmodSync(root, bits | 0o300);
  try {
    removeMark(root);
  } finally {
    if (shut) fs.chmodSync(root, bits);
    setTimes(root, timestampOf(mtimeNs));
  }
}

function isEmpty(folder: Buffer): boolean {
  const open = fs.opendirSync(folder);
  try {
    return open.readSync() === null;
  } finally {
    open.closeSync();
  }
}

/** Finds out whether files can be made here, and what they are then, by making one. */
function probe(folder: string): NewFiles {
  const made = fs.mkdtempSync(path.join(folder, TEMPORARY_PREFIX));
  fs.rmdirSync(made);
  const fd = fs.openSync(made, NEW_FILE, 0o777);
  try {
    const { mode, uid, gid } = fs.fstatSync(fd);
    return { umask: 0o777 & ~mode, uid, gid };
  } finally {
    fs.closeSync(fd);
    fs.unlinkSync(made);
  }
}

function checkMark(folder: string, found: string | undefined, mark: string | undefined): void {
  if (found !== undefined && found === mark) return;
  const what = found === undefined ? 'is not empty' : 'holds an unfinished restore of something else';
  throw new VaultError('target-exists', `${folder} ${what}; nothing was written`, {
    hint: 'Choose an empty folder, or say what happens to files that are there: --overwrite never, if-newer, if-changed or always.',
  });
}

function unwritable(folder: string, cause: unknown): VaultError {
  const errno = errnoOf(cause);
  if (errno === 'ENOSPC' || errno === 'EDQUOT') {
    return new VaultError('no-space', `no space left for ${folder}; nothing was written`, { cause });
  }
  const why = cause instanceof Error ? cause.message : String(cause);
  return new VaultError('target-unwritable', `cannot restore into ${folder}: ${why}`, {
    hint: 'Choose a folder that this user may write to.',
    cause,
  });
}
