/** Gives an entry of the target its owner, extended attributes, mode and time, in an order in which none undoes or prevents another. */
import * as fs from 'node:fs';
import { type BytePath, bytesOfPath, systemPath } from './byte-path.ts';
import type { LostXattrs } from './file-target.ts';
import { nativeTimes, type SetTimes } from './native-times.ts';
import { type ExtendedAttributes, isSettable, nativeXattrs } from './native-xattrs.ts';
import type { Attributes } from './target-folder.ts';

/** From Linux' fcntl.h; the same on all processors that Node runs on. */
const O_PATH = 0o10000000;
const NONE: LostXattrs = { count: 0, example: undefined };

export interface AttributeOptions {
  /** Sets uid and gid. */
  readonly owners: boolean;
  /** Default: the C library's utimensat. */
  readonly setTimes?: SetTimes;
  /** Default: the C library's calls; without them no attribute is set. */
  readonly xattrs?: ExtendedAttributes;
}

/** What an entry has already, so that no call says it again. */
export interface Has {
  readonly owner: boolean;
  readonly mode: boolean;
}

export class AttributeSetter {
  readonly #owners: boolean;
  readonly #setTimes: SetTimes;
  readonly #xattrs: ExtendedAttributes | undefined;
  #lost: LostXattrs = NONE;

  constructor({ owners, setTimes, xattrs }: AttributeOptions) {
    this.#owners = owners;
    this.#setTimes = setTimes ?? nativeTimes().setTimes;
    this.#xattrs = xattrs ?? nativeXattrs();
  }

  /** Sets owners; otherwise everything belongs to who restores. */
  get owners(): boolean {
    return this.#owners;
  }

  /** Of a file or folder (never through a link, as callers have made or opened it); throws like node:fs. */
  set(path: BytePath, attributes: Attributes, has: Partial<Has> = {}): void {
    if (this.#owners && !has.owner) fs.lchownSync(systemPath(path), attributes.uid, attributes.gid);
    this.#writeXattrs(path, attributes);
    this.#setTimes(bytesOfPath(path), attributes.mtime);
    // Last: a folder that its owner may not enter can be given nothing more. No mode changes a time of these.
    if (!has.mode || attributes.xattrs) fs.chmodSync(systemPath(path), attributes.mode);
  }

  /** Of a link itself, which has no mode. */
  setLink(path: BytePath, attributes: Attributes): void {
    if (this.#owners) fs.lchownSync(systemPath(path), attributes.uid, attributes.gid);
    this.#writeXattrs(path, attributes);
    this.#setTimes(bytesOfPath(path), attributes.mtime);
  }

  /** Of a file that was there before: nothing is followed, whoever exchanges it for a link meanwhile. */
  refresh(path: BytePath, attributes: Attributes): void {
    const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = fs.constants;
    const fd = fs.openSync(systemPath(path), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      if (this.#owners) fs.fchownSync(fd, attributes.uid, attributes.gid);
      this.#writeXattrs(path, attributes);
      fs.fchmodSync(fd, attributes.mode);
    } finally {
      fs.closeSync(fd);
    }
    this.#setTimes(bytesOfPath(path), attributes.mtime);
  }

  /**
   * Of a pipe or device that was there before. It is not opened, as that can do things to a device: O_PATH of Linux opens the name alone.
   * Elsewhere Node has `lchmod`.
   */
  refreshSpecial(path: BytePath, attributes: Attributes): void {
    if (this.#owners) fs.lchownSync(systemPath(path), attributes.uid, attributes.gid);
    this.#writeXattrs(path, attributes);
    if (process.platform !== 'linux') fs.lchmodSync(systemPath(path), attributes.mode);
    else {
      const fd = fs.openSync(systemPath(path), O_PATH | fs.constants.O_NOFOLLOW);
      try {
        if (!fs.fstatSync(fd).isSymbolicLink()) fs.chmodSync(`/proc/self/fd/${fd}`, attributes.mode);
      } finally {
        fs.closeSync(fd);
      }
    }
    this.#setTimes(bytesOfPath(path), attributes.mtime);
  }

  /** Extended attributes that the system refused since the last call. */
  takeLost(): LostXattrs {
    const lost = this.#lost;
    this.#lost = NONE;
    return lost;
  }

  /** After the owner, whose change drops some, and before the mode, which is also the mask of an ACL. */
  #writeXattrs(path: BytePath, { xattrs = [] }: Attributes): void {
    for (const attribute of xattrs) {
      if (!isSettable(attribute.name, this.#owners)) continue;
      try {
        if (!this.#xattrs) throw new Error("this system's attributes cannot be set");
        this.#xattrs.write(bytesOfPath(path), attribute);
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        this.#lost = addLost(this.#lost, { count: 1, example: error.message });
      }
    }
  }
}

export function addLost(a: LostXattrs, b: LostXattrs): LostXattrs {
  return { count: a.count + b.count, example: a.example ?? b.example };
}
