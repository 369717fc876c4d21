/** Files that have no name until they are complete: O_TMPFILE and linkat of Linux, which Node does not have. */
import { constants } from 'node:fs';
import type { Timestamp } from '../format/tree-page.ts';
import type { BytePath } from './byte-path.ts';
import { loadNativeLibrary, type NativeLibrary, systemError } from './native-library.ts';
import { TIMESPECS_BYTES, writeTimespecs } from './native-times.ts';

/** Folders are descriptors. Errors are like those of node:fs. */
export interface NativeFiles {
  /** A file in this folder that has no name and ends with its descriptor; `undefined` where the folder's file system has no such files. */
  create(folder: number, mode: number): number | undefined;
  /** Access and modification time of an open file, to the nanosecond. */
  setTimes(fd: number, time: Timestamp): void;
  /** Where the next byte that is no hole lies, from `position` on: 'end' when none does, `undefined` when nobody can tell. */
  nextData(fd: number, position: number): number | 'end' | undefined;
  /** Makes everything durable that was written to the file system of an open file or folder. */
  sync(fd: number): void;
  /** Whoever reads the file next reads it from the disk, as far as what was written is durable. */
  forget(fd: number): void;
  /** Gives such a file a name that nothing has. Throws EEXIST. */
  publish(fd: number, folder: number, name: BytePath): void;
}

/** From Linux' fcntl.h; O_TMPFILE is the same on all processors that ARCHITECTURES of native-times names, O_DIRECTORY is not. */
const O_TMPFILE = 0o20000000 | constants.O_DIRECTORY;
const O_CLOEXEC = 0o2000000;
const AT_FDCWD = -100;
const AT_SYMLINK_FOLLOW = 0x400;
const AT_EMPTY_PATH = 0x1000;
const POSIX_FADV_DONTNEED = 4;
const SEEK_DATA = 3;
const ENXIO = 6;
const ENOENT = 2;
/** EISDIR: an old kernel; ENOENT, EINVAL, EOPNOTSUPP: a file system without such files. */
const NO_SUCH_FILES: readonly number[] = [21, ENOENT, 22, 95];

class LinuxFiles implements NativeFiles {
  readonly #open: (folder: number, path: Buffer, flags: number, mode: number) => number;
  readonly #futimens: (fd: number, times: Buffer) => number;
  readonly #linkat: (from: number, path: Buffer, to: number, name: Buffer, flags: number) => number;
  readonly #syncfs: (fd: number) => number;
  readonly #fadvise: (fd: number, offset: number, length: number, advice: number) => number;
  readonly #lseek: (fd: number, offset: number, whence: number) => number;
  readonly #errno: () => number;
  readonly #times = Buffer.alloc(TIMESPECS_BYTES);
  readonly #self = Buffer.from('.\0');
  readonly #nothing = Buffer.from('\0');
  /** Linking by descriptor alone needs a privilege or a new kernel; by its name in /proc it needs neither. */
  #byDescriptor = true;
  #name = Buffer.alloc(512);

  constructor({ declare, errno }: NativeLibrary) {
    this.#open = declare('int openat(int folder, const void *path, int flags, int mode)');
    this.#futimens = declare('int futimens(int fd, const void *times)');
    this.#linkat = declare('int linkat(int from, const void *path, int to, const void *name, int flags)');
    this.#syncfs = declare('int syncfs(int fd)');
    this.#fadvise = declare('int posix_fadvise(int fd, int64_t offset, int64_t length, int advice)');
    this.#lseek = declare('int64_t lseek(int fd, int64_t offset, int whence)');
    this.#errno = errno;
  }

  create(folder: number, mode: number): number | undefined {
    const fd = this.#open(folder, this.#self, constants.O_WRONLY | O_TMPFILE | O_CLOEXEC, mode);
    if (fd >= 0) return fd;
    const errno = this.#errno();
    if (NO_SUCH_FILES.includes(errno)) return undefined;
    throw systemError(errno, 'openat', this.#self);
  }

  setTimes(fd: number, time: Timestamp): void {
    writeTimespecs(this.#times, time);
    if (this.#futimens(fd, this.#times) !== 0) throw systemError(this.#errno(), 'futimens', this.#nothing);
  }

  nextData(fd: number, position: number): number | 'end' | undefined {
    const found = Number(this.#lseek(fd, position, SEEK_DATA));
    if (found >= 0) return found;
    return this.#errno() === ENXIO ? 'end' : undefined;
  }

  sync(fd: number): void {
    if (this.#syncfs(fd) !== 0) throw systemError(this.#errno(), 'syncfs', this.#nothing);
  }

  forget(fd: number): void {
    this.#fadvise(fd, 0, 0, POSIX_FADV_DONTNEED); // advice: what comes of it is not told
  }

  publish(fd: number, folder: number, name: BytePath): void {
    const text = this.#cString(name);
    if (this.#byDescriptor) {
      if (this.#linkat(fd, this.#nothing, folder, text, AT_EMPTY_PATH) === 0) return;
      const errno = this.#errno();
      if (errno !== ENOENT) throw systemError(errno, 'linkat', text);
      this.#byDescriptor = false;
    }
    const path = Buffer.from(`/proc/self/fd/${fd}\0`);
    if (this.#linkat(AT_FDCWD, path, folder, text, AT_SYMLINK_FOLLOW) === 0) return;
    throw systemError(this.#errno(), 'linkat', text);
  }

  #cString(name: BytePath): Buffer {
    if (name.length >= this.#name.length) this.#name = Buffer.alloc(name.length + 1);
    this.#name[this.#name.write(name, 'latin1')] = 0;
    return this.#name;
  }
}

let known: { readonly files: NativeFiles | undefined } | undefined;

/** `undefined` on other systems, and where the C library cannot be called. */
export function nativeFiles(): NativeFiles | undefined {
  known ??= { files: load() };
  return known.files;
}

function load(): NativeFiles | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    return new LinuxFiles(loadNativeLibrary());
  } catch {
    return undefined; // named temporary files do the same, a little slower
  }
}
