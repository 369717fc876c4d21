/** How a folder is reached: on Linux by a descriptor, below which everything is named; elsewhere by its path. */
import * as fs from 'node:fs';
import { type BytePath, systemPath } from './byte-path.ts';

export interface FolderHandle {
  /** -1: by path. */
  readonly fd: number;
  /** What the names in the folder are prefixed with; ends with a slash. `${prefix}.` is the folder itself. */
  readonly prefix: BytePath;
}

const { O_DIRECTORY, O_NOFOLLOW } = fs.constants;
/** From Linux' fcntl.h, the same on all processors: a descriptor that only stands for the folder, whatever its permissions. */
const O_PATH = 0o10000000;

/** Opens a folder below one that is open; never through a link. Throws like node:fs. */
export function openFolder(above: FolderHandle, name: BytePath): FolderHandle {
  const path = above.prefix + name;
  if (above.fd < 0) return { fd: -1, prefix: `${path}/` };
  const fd = fs.openSync(systemPath(path), O_PATH | O_DIRECTORY | O_NOFOLLOW);
  return { fd, prefix: prefixOf(fd) };
}

/** The handle of a whole target: its descriptor, if this system has a name for what lies below one. `path` ends with a slash. */
export function openRoot(path: BytePath): FolderHandle {
  if (process.platform === 'linux') {
    const fd = fs.openSync(systemPath(path), O_PATH | O_DIRECTORY);
    const handle = { fd, prefix: prefixOf(fd) };
    const [asked, found] = [fs.fstatSync(fd), fs.lstatSync(`${handle.prefix}.`, { throwIfNoEntry: false })];
    if (found && found.ino === asked.ino && found.dev === asked.dev) return handle;
    fs.closeSync(fd);
  }
  return { fd: -1, prefix: path };
}

function prefixOf(fd: number): BytePath {
  return `/proc/self/fd/${fd}/`;
}
