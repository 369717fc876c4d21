/** Writes small files whole: complete with all attributes before they have their names, and nothing is left of one that fails. */
import * as fs from 'node:fs';
import { type BytePath, systemPath } from './byte-path.ts';
import type { LostXattrs } from './file-target.ts';
import { type NativeFiles, nativeFiles } from './native-files.ts';
import { type AttributeOptions, AttributeSetter } from './set-attributes.ts';
import type { Attributes } from './target-folder.ts';
import { publish, removeIfThere, TemporaryNames } from './temporary-names.ts';
import type { FolderOrder } from './unpackers.ts';
import { writeBytes, writeSparse } from './write-bytes.ts';

/** What files are when nothing is said: so that no call says it again. */
export interface NewFiles {
  /** Permissions that new files do not get. */
  readonly umask: number;
  readonly uid: number;
  readonly gid: number;
}

export interface WriterOptions extends AttributeOptions {
  readonly newFiles: NewFiles;
  /** Tells the temporary names of this writer from those of others. */
  readonly label: string;
  /** Default: this system's. */
  readonly native?: NativeFiles | undefined;
}

export interface SmallFile extends Attributes {
  readonly folder: FolderOrder;
  readonly name: BytePath;
  readonly bytes: Uint8Array;
  readonly replace: boolean;
  readonly sparse: boolean;
}

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = fs.constants;
export const NEW_FILE: number = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
const SPECIAL_BITS = 0o7000;

export class SmallFileWriter {
  readonly #owners: boolean;
  readonly #newFiles: NewFiles;
  readonly #names: TemporaryNames;
  readonly #attributes: AttributeSetter;
  readonly #native: NativeFiles | undefined;

  constructor(options: WriterOptions) {
    this.#owners = options.owners;
    this.#newFiles = options.newFiles;
    this.#names = new TemporaryNames(options.label);
    this.#attributes = new AttributeSetter(options);
    this.#native = 'native' in options ? options.native : nativeFiles();
  }

  /** Attributes that could not be set since the last call. */
  takeLost(): LostXattrs {
    return this.#attributes.takeLost();
  }

  /** Throws like node:fs; EEXIST when the name is taken and not to be replaced. */
  write(file: SmallFile): void {
    const plain = !file.replace && !file.xattrs && file.folder.fd >= 0;
    if (plain && this.#native && this.#nameless(this.#native, file)) return;
    this.#named(file);
  }

  /** Five system calls, and nothing to tidy up. False when the folder's file system cannot do it. */
  #nameless(native: NativeFiles, file: SmallFile): boolean {
    const fd = native.create(file.folder.fd, file.mode & 0o777);
    if (fd === undefined) return false;
    try {
      fill(fd, file);
      this.#ownerAndMode(fd, file);
      native.setTimes(fd, file.mtime);
      native.publish(fd, file.folder.fd, file.name);
    } finally {
      fs.closeSync(fd);
    }
    return true;
  }

  #ownerAndMode(fd: number, { folder, mode, uid, gid }: SmallFile): void {
    const newFiles = this.#newFiles;
    const given = folder.exact && (mode & (SPECIAL_BITS | newFiles.umask)) === 0;
    const foreign = this.#owners && !(folder.exact && uid === newFiles.uid && gid === newFiles.gid);
    if (foreign) fs.fchownSync(fd, uid, gid);
    if (foreign || !given) fs.fchmodSync(fd, mode);
  }

  #named(file: SmallFile): void {
    const { prefix } = file.folder;
    let fd = -1;
    const temporary = this.#names.unused(prefix, (path) => {
      fd = fs.openSync(systemPath(path), NEW_FILE, 0o600);
    });
    try {
      try {
        fill(fd, file);
      } finally {
        fs.closeSync(fd);
      }
      this.#attributes.set(temporary, file);
      publish(temporary, prefix + file.name, file.replace);
    } catch (error) {
      removeIfThere(temporary);
      throw error;
    }
  }
}

function fill(fd: number, { bytes, sparse }: SmallFile): void {
  if (sparse) {
    writeSparse(fd, bytes, 0);
    fs.ftruncateSync(fd, bytes.length);
  } else writeBytes(fd, bytes, 0);
}
