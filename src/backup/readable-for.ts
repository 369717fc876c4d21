/** Lets the owner of a restored file read it for a moment, whatever its mode and those of the folders on the way say. */
import * as fs from 'node:fs';
import { type BytePath, systemPath } from './byte-path.ts';

/** From Linux' fcntl.h: a descriptor of what cannot be opened, also. */
const O_PATH = 0o10000000;
const SEARCH = 0o100;
const READ = 0o400;

/**
 * `path` is below `prefix`, which ends with "/". Modes are given back when `work` has ended; a mode that this user may not change stays, and
 * no link is followed. Nobody else may do the same to the same folders meanwhile: they would take each other's modes for those that were.
 */
export async function readableFor<T>(prefix: BytePath, path: BytePath, work: () => Promise<T>): Promise<T> {
  const undo: (() => void)[] = [];
  try {
    let at = prefix.length > 1 ? prefix.slice(0, -1) : prefix;
    undo.push(widened(at, SEARCH));
    const names = path.split('/');
    for (const [i, name] of names.entries()) {
      at = at === '/' ? `/${name}` : `${at}/${name}`;
      undo.push(widened(at, i < names.length - 1 ? SEARCH : READ));
    }
    return await work();
  } finally {
    for (const back of undo.reverse()) back();
  }
}

/** Answers how to give back what it had. */
function widened(path: BytePath, needed: number): () => void {
  const nothing = (): void => undefined;
  if (process.platform !== 'linux') return nothing;
  let fd = -1;
  try {
    fd = fs.openSync(systemPath(path), O_PATH | fs.constants.O_NOFOLLOW);
    const stat = fs.fstatSync(fd);
    const self = `/proc/self/fd/${fd}`;
    const mode = stat.mode & 0o7777;
    if (!stat.isSymbolicLink() && (mode & needed) !== needed) {
      fs.chmodSync(self, mode | needed);
      const open = fd;
      fd = -1;
      return () => {
        try {
          fs.chmodSync(self, mode);
        } finally {
          fs.closeSync(open);
        }
      };
    }
  } catch {
    // What cannot be widened will not be read, and that is told.
  } finally {
    if (fd >= 0) fs.closeSync(fd);
  }
  return nothing;
}
