/** A folder of this machine as a restore target: temporary names until complete, exact attributes, never outside, never through a link. */
import * as fs from 'node:fs';
import { VaultError } from '../model/errors.ts';
import type { Attributes, FileTarget, LostXattrs, Outcome, Overwrite, PartialFile } from './file-target.ts';
import { nativeTimes, type SetTimes } from './native-times.ts';
import { type ExtendedAttributes, isSettable, nativeXattrs } from './native-xattrs.ts';
import { openTargetFolder, TEMPORARY_PREFIX } from './open-target-folder.ts';
import { pathText } from './path-text.ts';
import { errnoOf, targetError } from './target-error.ts';
import { writeBytes, writeSparse } from './write-bytes.ts';

export interface NodeFileTargetOptions {
  readonly folder: string;
  /** Restores uid and gid; default: when this process is root. */
  readonly owners?: boolean;
  /** Default: the C library's utimensat. */
  readonly setTimes?: SetTimes;
  /** Default: the C library's calls; without them no attribute is set. */
  readonly xattrs?: ExtendedAttributes;
}

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = fs.constants;
const OWNER_ONLY = 0o700;
const BAD_PATH = /(?:^|\/)\.{0,2}(?:\/|$)|\0/;

export class NodeFileTarget implements FileTarget {
  readonly #folder: string;
  readonly #owners: boolean;
  readonly #setTimes: SetTimes;
  readonly #xattrs: ExtendedAttributes | undefined;
  #lostXattrs: LostXattrs = { count: 0, example: undefined };
  /** Directories made and not finished, as latin1 text: only into these anything is written, so no link is ever followed. */
  readonly #open = new Set<string>();
  #root: Buffer = Buffer.alloc(0);
  #overwrite: Overwrite = 'fail';
  #fresh = false;
  #temporaries = 0;

  constructor(options: NodeFileTargetOptions) {
    this.#folder = options.folder;
    this.#owners = options.owners ?? process.getuid?.() === 0;
    this.#setTimes = options.setTimes ?? nativeTimes().setTimes;
    this.#xattrs = options.xattrs ?? nativeXattrs();
  }

  get lostXattrs(): LostXattrs {
    return this.#lostXattrs;
  }

  prepare(overwrite: Overwrite): void {
    const { root, fresh } = openTargetFolder(this.#folder, overwrite);
    this.#overwrite = overwrite;
    this.#root = root;
    this.#fresh = fresh;
  }

  makeDirectory(path: Uint8Array): Outcome {
    return this.#guard(path, () => {
      if (path.length === 0) {
        this.#open.add('');
        return this.#fresh ? 'written' : 'kept';
      }
      const full = this.#locate(path);
      const outcome = this.#ensureDirectory(path, full);
      this.#open.add(latin1(path));
      return outcome;
    });
  }

  finishDirectory(path: Uint8Array, attributes?: Attributes): void {
    this.#guard(path, () => {
      if (!this.#open.delete(latin1(path)) || !attributes) return;
      const full = path.length === 0 ? this.#root : this.#join(path);
      if (this.#owners) fs.lchownSync(full, attributes.uid, attributes.gid);
      this.#setXattrs(full, attributes);
      fs.chmodSync(full, attributes.mode);
      this.#setTimes(full, attributes.mtime);
    });
  }

  writeFile(path: Uint8Array, bytes: Uint8Array, attributes: Attributes): Outcome {
    const file = this.openFile(path, bytes.length, false);
    if (file === 'kept') return file;
    try {
      file.write(0, bytes);
    } catch (error) {
      file.discard();
      throw error;
    }
    file.finish(attributes);
    return 'written';
  }

  openFile(path: Uint8Array, size: number, sparse: boolean): PartialFile | 'kept' {
    return this.#guard(path, () => {
      const full = this.#locate(path);
      if (!this.#isFree(path, full)) return 'kept';
      const { fd, temporary } = this.#openTemporary(full);
      return this.#partialFile({ path, full, temporary, fd, size, sparse });
    });
  }

  makeLink(path: Uint8Array, target: Uint8Array, attributes: Attributes): Outcome {
    return this.#guard(path, () => {
      const full = this.#locate(path);
      if (!this.#isFree(path, full)) return 'kept';
      const temporary = this.#withTemporary(full, (name) => fs.symlinkSync(Buffer.from(target), name));
      this.#publish(temporary, full, () => {
        if (this.#owners) fs.lchownSync(temporary, attributes.uid, attributes.gid);
        this.#setXattrs(temporary, attributes);
        this.#setTimes(temporary, attributes.mtime);
      });
      return 'written';
    });
  }

  hardLink(path: Uint8Array, existing: Uint8Array): Outcome {
    return this.#guard(path, () => {
      const full = this.#locate(path);
      if (!this.#isFree(path, full)) return 'kept';
      const temporary = this.#withTemporary(full, (name) => fs.linkSync(this.#join(existing), name));
      this.#publish(temporary, full, () => undefined);
      // rename does nothing when both names are already the same file; then the temporary one is left.
      removeIfThere(temporary);
      return 'written';
    });
  }

  #partialFile(file: OpenFile): PartialFile {
    const { path, full, temporary, fd, size, sparse } = file;
    const put = sparse ? writeSparse : writeBytes;
    const discard = (): void => {
      fs.closeSync(fd);
      removeIfThere(temporary);
    };
    return {
      write: (position, bytes) => this.#guard(path, () => put(fd, bytes, position)),
      discard: () => this.#guard(path, discard),
      finish: (attributes) =>
        this.#guard(path, () => {
          try {
            if (sparse) fs.ftruncateSync(fd, size);
            if (this.#owners) fs.fchownSync(fd, attributes.uid, attributes.gid);
            this.#setXattrs(temporary, attributes);
            fs.fchmodSync(fd, attributes.mode);
          } catch (error) {
            discard();
            throw error;
          }
          fs.closeSync(fd);
          this.#publish(temporary, full, () => this.#setTimes(temporary, attributes.mtime));
        }),
    };
  }

  /** After the owner, whose change drops some, and before the mode, which is also the mask of an ACL. */
  #setXattrs(full: Buffer, { xattrs = [] }: Attributes): void {
    for (const attribute of xattrs) {
      if (!isSettable(attribute.name, this.#owners)) continue;
      try {
        if (!this.#xattrs) throw new Error(`${pathText(full)}: this system's attributes cannot be set`);
        this.#xattrs.write(full, attribute);
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        const { count, example } = this.#lostXattrs;
        this.#lostXattrs = { count: count + 1, example: example ?? error.message };
      }
    }
  }

  #ensureDirectory(path: Uint8Array, full: Buffer): Outcome {
    try {
      fs.mkdirSync(full, OWNER_ONLY);
      return 'written';
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
    }
    const overwrite = this.#overwrite;
    const existing = fs.lstatSync(full);
    if (!existing.isDirectory()) {
      if (overwrite !== 'always') throw inTheWay(path, 'something that is no folder');
      fs.unlinkSync(full);
      fs.mkdirSync(full, OWNER_ONLY);
      return 'written';
    }
    if (overwrite === 'fail') throw inTheWay(path, 'a folder');
    if (overwrite === 'never') return 'kept';
    if ((existing.mode & OWNER_ONLY) !== OWNER_ONLY) fs.chmodSync(full, (existing.mode & 0o777) | OWNER_ONLY);
    return 'written';
  }

  /** False when something exists that is to be kept; throws when it may neither be kept nor replaced. */
  #isFree(path: Uint8Array, full: Buffer): boolean {
    const existing = fs.lstatSync(full, { throwIfNoEntry: false });
    if (!existing) return true;
    if (this.#overwrite === 'never') return false;
    if (this.#overwrite === 'fail') throw inTheWay(path, 'something');
    if (existing.isDirectory()) throw inTheWay(path, 'a folder');
    return true;
  }

  #openTemporary(full: Buffer): { fd: number; temporary: Buffer } {
    let fd = -1;
    const temporary = this.#withTemporary(full, (name) => {
      fd = fs.openSync(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    });
    return { fd, temporary };
  }

  /** Calls `make` with unused names beside `full` until one is free. */
  #withTemporary(full: Buffer, make: (name: Buffer) => void): Buffer {
    for (;;) {
      const name = Buffer.from(`${TEMPORARY_PREFIX}${process.pid}-${this.#temporaries++}`);
      const temporary = Buffer.concat([full.subarray(0, full.lastIndexOf('/') + 1), name]);
      try {
        make(temporary);
        return temporary;
      } catch (error) {
        if (errnoOf(error) !== 'EEXIST') throw error;
      }
    }
  }

  /** Gives a complete temporary its name, or removes it. */
  #publish(temporary: Buffer, full: Buffer, before: () => void): void {
    try {
      before();
      fs.renameSync(temporary, full);
    } catch (error) {
      removeIfThere(temporary);
      throw error;
    }
  }

  /** Full path of an entry in an open directory. */
  #locate(path: Uint8Array): Buffer {
    const text = latin1(path);
    const slash = text.lastIndexOf('/');
    if (BAD_PATH.test(text) || !this.#open.has(slash < 0 ? '' : text.slice(0, slash))) {
      throw new VaultError(
        'corrupt',
        `${pathText(path)} would lie outside of the restored folders; it was not written`,
      );
    }
    return this.#join(path);
  }

  #join(path: Uint8Array): Buffer {
    return Buffer.concat([this.#root, path]);
  }

  #guard<T>(path: Uint8Array, work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw targetError(error, path);
    }
  }
}

interface OpenFile {
  readonly path: Uint8Array;
  readonly full: Buffer;
  readonly temporary: Buffer;
  readonly fd: number;
  readonly size: number;
  readonly sparse: boolean;
}

function removeIfThere(temporary: Buffer): void {
  try {
    fs.unlinkSync(temporary);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}

function inTheWay(path: Uint8Array, what: string): VaultError {
  return new VaultError('target-exists', `${pathText(path)} was not restored: ${what} is in the way there`);
}

function latin1(path: Uint8Array): string {
  return Buffer.from(path.buffer, path.byteOffset, path.byteLength).toString('latin1');
}
