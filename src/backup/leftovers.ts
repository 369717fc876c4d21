/** What killed and interrupted restores have left in a folder: parts of large files, which are gone on with, and the rest, which is removed. */
import * as fs from 'node:fs';
import { type BytePath, systemPath } from './byte-path.ts';
import type { FolderHandle } from './folder-handle.ts';
import { errnoOf } from './target-error.ts';
import { isTemporary, partsInWork, removeIfThere, TEMPORARY_PREFIX } from './temporary-names.ts';

export class Leftovers {
  readonly #folder: FolderHandle;
  readonly #names: Set<BytePath>;

  /** Throws like node:fs. */
  constructor(folder: FolderHandle) {
    this.#folder = folder;
    const names = fs.readdirSync(systemPath(`${folder.prefix}.`), 'latin1');
    this.#names = new Set(names.filter((name) => isTemporary(name) && isAbandoned(name)));
  }

  /** Takes the part of a file over as `path`, which is its own from then on; its descriptor, or `undefined` when there is none that can be used. */
  adopt(key: string, path: BytePath): number | undefined {
    for (const name of this.#names) {
      if (!name.endsWith(`-${key}`)) continue;
      this.#names.delete(name);
      const fd = taken(this.#folder.prefix + name, path);
      if (fd !== undefined) return fd;
    }
    return undefined;
  }

  /** Removes what nobody took over. */
  remove(): void {
    for (const name of this.#names) removeIfThere(this.#folder.prefix + name);
  }
}

/** Only a file of one name that is this user's own: what somebody else has put there is not gone on with. */
function taken(from: BytePath, to: BytePath): number | undefined {
  try {
    fs.renameSync(systemPath(from), systemPath(to));
    const fd = fs.openSync(systemPath(to), fs.constants.O_RDWR | fs.constants.O_NOFOLLOW);
    const { uid, nlink, mode } = fs.fstatSync(fd);
    const isFile = (mode & fs.constants.S_IFMT) === fs.constants.S_IFREG;
    if (isFile && nlink === 1 && uid === process.geteuid?.()) return fd;
    fs.closeSync(fd);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
  }
  removeIfThere(to);
  return undefined;
}

/** The process that made it does not run any more. */
function isAbandoned(name: BytePath): boolean {
  const [pid, label, key = ''] = name.slice(TEMPORARY_PREFIX.length).split('-');
  if (Number(pid) === process.pid) return label === 'p' && !partsInWork.has(key);
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return errnoOf(error) === 'ESRCH';
  }
}
