/**
 * A folder of this machine that a restore writes into. On Linux it is an open descriptor, and everything in it is named
 * relative to that: whoever moves the folder away, or puts a link in its place, moves nothing of the restore elsewhere.
 */
import * as fs from 'node:fs';
import { VaultError } from '../model/errors.ts';
import { type BytePath, bytesOfPath, joinNames, systemPath } from './byte-path.ts';
import { existingAt } from './existing-entry.ts';
import { namesIn, removeTree } from './folder-contents.ts';
import { type FolderHandle, openFolder } from './folder-handle.ts';
import type { FolderTools } from './folder-tools.ts';
import { Leftovers } from './leftovers.ts';
import type { SpecialKind } from './native-nodes.ts';
import { NodePartialFile } from './node-partial-file.ts';
import { pathText } from './path-text.ts';
import type { Has } from './set-attributes.ts';
import { errnoOf, errorOf, targetError } from './target-error.ts';
import type { Attributes, Existing, PartialFile, Place, Slot, TargetFolder } from './target-folder.ts';
import { orRemove, publish, removeIfThere } from './temporary-names.ts';
import type { FolderOrder } from './unpackers.ts';

const OWNER_ONLY = 0o700;
const SPECIAL_BITS = 0o7000;
const BAD_NAME = /^\.{0,2}$|[/\0]/;

interface Origin {
  readonly parent?: NodeFolder;
  readonly name?: BytePath;
  readonly has?: Has | undefined;
  /** Of the target itself. */
  readonly exact?: boolean;
}

export class NodeFolder implements TargetFolder {
  readonly path: BytePath;
  readonly fresh: boolean;
  readonly #exact: boolean;
  readonly #has: Partial<Has>;
  readonly #tools: FolderTools;
  readonly #parent: NodeFolder | undefined;
  readonly #handle: FolderHandle;
  #left: Leftovers | undefined;
  /** What it had before it was opened to who restores. */
  #modeBefore: number | undefined;
  #open = true;

  constructor(
    tools: FolderTools,
    handle: FolderHandle,
    fresh: boolean,
    { parent, name = '', has, exact = false }: Origin,
  ) {
    this.path = parent ? joinNames(parent.path, name) : '';
    this.#has = has ?? {};
    this.fresh = fresh;
    this.#exact = parent ? fresh && parent.#exact : exact;
    this.#tools = tools;
    this.#handle = handle;
    this.#parent = parent;
  }

  get order(): FolderOrder {
    return { ...this.#handle, exact: this.#exact };
  }

  look(name: BytePath): Existing | undefined {
    return this.fresh ? undefined : this.#guard(name, () => existingAt(this.#at(name)));
  }

  list(): readonly BytePath[] {
    return this.fresh ? [] : this.#guard('', () => namesIn(this.#handle));
  }

  makeFolder({ name, replace }: Slot, attributes: Attributes, open: boolean): NodeFolder {
    return this.#guard(name, () => {
      const path = this.#at(name);
      const has = this.#givenTo(attributes);
      const mode = has.owner ? (attributes.mode & 0o777) | OWNER_ONLY : OWNER_ONLY;
      if (made(path, mode)) return this.#child(name, has);
      if (open) {
        const there = this.#opened(name);
        if (there) return there;
        if (replace) {
          fs.unlinkSync(path);
          fs.mkdirSync(path, mode);
          return this.#child(name, has);
        }
      }
      throw this.#inTheWay(name, open ? 'something that is no folder' : 'a folder');
    });
  }

  makeLink({ name, replace }: Slot, target: Uint8Array, attributes: Attributes): void {
    this.#guard(name, () => {
      this.checked(name);
      const { prefix } = this.#handle;
      const temporary = this.#tools.names.unused(prefix, (path) =>
        fs.symlinkSync(Buffer.from(target), systemPath(path)),
      );
      orRemove(temporary, () => {
        this.#tools.attributes.setLink(temporary, attributes);
        publish(temporary, prefix + name, replace);
      });
    });
  }

  makeSpecial({ name, replace }: Slot, kind: SpecialKind, attributes: Attributes): void {
    this.#guard(name, () => {
      this.checked(name);
      const { prefix } = this.#handle;
      const { names, makeSpecial } = this.#tools;
      const temporary = names.unused(prefix, (path) => makeSpecial(bytesOfPath(path), kind));
      orRemove(temporary, () => {
        this.#tools.attributes.set(temporary, attributes);
        publish(temporary, prefix + name, replace);
      });
    });
  }

  hardLink({ name, replace }: Slot, existing: Omit<Place, 'replace'>): void {
    this.#guard(name, () => {
      const to = this.#at(name);
      const { folder } = existing;
      if (!(folder instanceof NodeFolder))
        throw new VaultError('internal', 'bug: a folder of another target');
      folder.#reached(({ prefix }) => {
        const from = systemPath(prefix + existing.name);
        if (!replace) return fs.linkSync(from, to);
        const temporary = this.#tools.names.unused(this.#handle.prefix, (path) =>
          fs.linkSync(from, systemPath(path)),
        );
        orRemove(temporary, () => fs.renameSync(systemPath(temporary), to));
        // rename does nothing when both names are already the same file; then the temporary one is left.
        removeIfThere(temporary);
      });
    });
  }

  openFile({ name, replace }: Slot, size: number, sparse: boolean, key: string): PartialFile {
    return this.#guard(name, () => {
      this.checked(name);
      const { prefix } = this.#handle;
      const where = { prefix, name, replace, path: joinNames(this.path, name) };
      const leftovers = this.#leftovers();
      return new NodePartialFile(this.#tools, where, { size, sparse, key, leftovers });
    });
  }

  refresh(name: BytePath, attributes: Attributes, existing: Existing): void {
    this.#guard(name, () => {
      const path = this.#handle.prefix + this.checked(name);
      const tool = this.#tools.attributes;
      if (existing.type === 'symlink') tool.setLink(path, attributes);
      else if (existing.type === 'file') {
        if (differs(attributes, existing, tool.owners)) tool.refresh(path, attributes);
      } else tool.refreshSpecial(path, attributes);
    });
  }

  async remove(name: BytePath, breathe: () => Promise<void>): Promise<number> {
    try {
      return await removeTree(this.#handle, this.checked(name), { breathe });
    } catch (error) {
      throw targetError(error, joinNames(this.path, name));
    }
  }

  finish(attributes?: Attributes): void {
    const { fd, prefix } = this.#handle;
    try {
      this.#leftovers()?.remove();
      if (attributes) this.#tools.attributes.set(`${prefix}.`, attributes, this.#has);
      else if (this.#modeBefore !== undefined) fs.chmodSync(systemPath(`${prefix}.`), this.#modeBefore);
    } catch (error) {
      throw targetError(error, this.path);
    } finally {
      this.#open = false;
      if (fd >= 0) fs.closeSync(fd);
    }
  }

  /** Looked for once, where something can be there and may be changed. */
  #leftovers(): Leftovers | undefined {
    if (!this.fresh && this.#tools.changes) this.#left ??= new Leftovers(this.#handle);
    return this.#left;
  }

  /** What a folder made in this one has without being told, if it is made with as much of its mode as `mkdir` takes. */
  #givenTo({ mode, uid, gid }: Attributes): Has {
    const { newFiles, attributes } = this.#tools;
    const owner = this.#exact && (!attributes.owners || (uid === newFiles.uid && gid === newFiles.gid));
    return {
      owner,
      mode: owner && (mode & OWNER_ONLY) === OWNER_ONLY && (mode & (SPECIAL_BITS | newFiles.umask)) === 0,
    };
  }

  /** The folder that has this name; `undefined` when what has it is none. */
  #opened(name: BytePath): NodeFolder | undefined {
    if (!fs.lstatSync(this.#at(name)).isDirectory()) return undefined;
    const folder = this.#child(name);
    if (!this.#tools.changes) return folder;
    const self = systemPath(`${folder.#handle.prefix}.`);
    const { mode } = fs.lstatSync(self);
    if ((mode & OWNER_ONLY) === OWNER_ONLY) return folder;
    folder.#modeBefore = mode & 0o7777;
    fs.chmodSync(self, (mode & 0o777) | OWNER_ONLY);
    return folder;
  }

  /** `has`: of one that was made now. */
  #child(name: BytePath, has?: Has): NodeFolder {
    return new NodeFolder(this.#tools, openFolder(this.#handle, name), has !== undefined, {
      parent: this,
      name,
      has,
    });
  }

  /** With a handle of this folder, also after it was finished. */
  #reached<T>(work: (handle: FolderHandle) => T): T {
    const parent = this.#parent;
    if (this.#open || this.#handle.fd < 0 || !parent) return work(this.#handle);
    return parent.#reached((above) => {
      const handle = openFolder(above, this.path.slice(this.path.lastIndexOf('/') + 1));
      try {
        return work(handle);
      } finally {
        fs.closeSync(handle.fd);
      }
    });
  }

  #at(name: BytePath): string | Buffer {
    this.checked(name);
    return systemPath(this.#handle.prefix + name);
  }

  /** The name itself. Decoding has refused bad ones already; what writes to a disk does not rely on it. */
  checked(name: BytePath): BytePath {
    if (!BAD_NAME.test(name) && this.#open) return name;
    throw new VaultError(
      'corrupt',
      `${pathText(bytesOfPath(joinNames(this.path, name)))} would lie outside of the restored folders; it was not written`,
    );
  }

  #inTheWay(name: BytePath, what: string): VaultError {
    return errorOf({ code: 'target-exists', why: `${what} is in the way there` }, joinNames(this.path, name));
  }

  #guard<T>(name: BytePath, work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw targetError(error, joinNames(this.path, name));
    }
  }
}

/** False when something has this name. */
function made(path: string | Buffer, mode: number): boolean {
  try {
    fs.mkdirSync(path, mode);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** A file of the same size and time: does it belong to somebody else, have other permissions, or attributes to be set? */
function differs(wanted: Attributes, existing: Existing, owners: boolean): boolean {
  const sameOwner = !owners || (wanted.uid === existing.uid && wanted.gid === existing.gid);
  return !sameOwner || wanted.mode !== existing.mode || wanted.xattrs !== undefined;
}
