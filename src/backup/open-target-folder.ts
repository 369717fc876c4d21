/** Makes and checks the folder that a restore writes into, before its first entry. */
import * as fs from 'node:fs';
import path from 'node:path';
import { VaultError } from '../model/errors.ts';
import { makeFolders } from '../runtime/make-folders.ts';
import type { Overwrite } from './file-target.ts';
import { NEW_FILE, type NewFiles } from './small-file-writer.ts';
import { errnoOf } from './target-error.ts';
import { TEMPORARY_PREFIX } from './temporary-names.ts';

export interface TargetFolder {
  /** Absolute, without links, ending in '/'. */
  readonly root: Buffer;
  /** It was absent or empty. */
  readonly fresh: boolean;
  readonly newFiles: NewFiles;
  /** What is made in it has the owner and mode that was asked for, as `newFiles` says; not below a setgid folder. */
  readonly exact: boolean;
}

/** Throws 'target-exists' (not empty, and `overwrite` is 'fail'), 'target-unwritable', 'no-space'. */
export function openTargetFolder(folder: string, overwrite: Overwrite): TargetFolder {
  try {
    makeFolders(folder);
    const root = fs.realpathSync(folder, { encoding: 'buffer' });
    const fresh = isEmpty(root);
    if (!fresh && overwrite === 'fail') throw notEmpty(folder);
    const slash = root.at(-1) === 0x2f ? root : Buffer.concat([root, Buffer.from('/')]);
    const exact = (fs.statSync(root).mode & SETGID) === 0;
    return { root: slash, fresh, newFiles: probe(folder), exact };
  } catch (error) {
    throw error instanceof VaultError ? error : unwritable(folder, error);
  }
}

const SETGID = 0o2000;

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

function notEmpty(folder: string): VaultError {
  return new VaultError('target-exists', `${folder} is not empty; nothing was written`, {
    hint: 'Choose an empty folder, or say --overwrite never (keep existing files) or --overwrite always (replace them).',
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
