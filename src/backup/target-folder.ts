/** One folder of what a restore writes into, and what can be done in it. */
import type { BlobRef } from '../format/blob-ref.ts';
import type { DeviceNumber, ExtendedAttribute, Timestamp } from '../format/tree-page.ts';
import type { BytePath } from './byte-path.ts';
import type { SourceType } from './file-source.ts';
import type { SpecialKind } from './native-nodes.ts';

export interface Attributes {
  /** Twelve bits: permissions, setuid, setgid, sticky. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: Timestamp;
  readonly xattrs?: readonly ExtendedAttribute[] | undefined;
}

/** What has a name already. */
export interface Existing extends Omit<Attributes, 'xattrs'> {
  readonly type: SourceType;
  /** Bytes. */
  readonly size: number;
  /** Of a link: where it points. */
  readonly target?: Uint8Array | undefined;
  /** Of a device. */
  readonly number?: DeviceNumber | undefined;
}

/** A name in a folder, for something that is to be made. */
export interface Slot {
  /** Raw bytes. */
  readonly name: BytePath;
  /** Whether something that has the name may be replaced; if not, it is an error ('target-exists') and stays as it is. */
  readonly replace: boolean;
}

export interface Place extends Slot {
  readonly folder: TargetFolder;
}

/** A file that grows under a temporary name; only `finish` makes it visible. Exactly one of `finish` and `discard` is called, after the last `write`. */
export interface PartialFile {
  /** Opens a content chunk and writes the part that `ref` names. Rejects with 'corrupt' for a chunk that does not open or is too short. */
  write(position: number, sealed: Uint8Array, ref: BlobRef): Promise<void>;
  /** Sets length and attributes, then gives the file its name. Discards it when that fails. */
  finish(attributes: Attributes): void;
  /** Removes what was written. */
  discard(): void;
  /** Keeps what was written, under its temporary name, for another restore of the same file to go on with. */
  leave(): void;
  /** What an interrupted restore of the same file has left was taken over: some of it may be there, none of it is believed. */
  readonly adopted: boolean;
  /** What is at a position now; shorter at the end of what was written. */
  read(position: number, length: number): Uint8Array;
}

/**
 * One folder of the target. Whoever has it can write into it and nowhere else: no call writes outside of it or through a
 * link, whatever a name says. Calls are short and synchronous (sync calls cost a fifth of promises); callers yield in
 * between. Errors: 'target-exists' (in the way, and not to be replaced), 'target-unwritable', 'io', 'corrupt' (a name that
 * is none); of the whole target: 'no-space'.
 */
export interface TargetFolder {
  /** Relative to the target, names joined by '/'; '' is the target itself. */
  readonly path: BytePath;
  /** Nothing can be in it but what this restore has put there. */
  readonly fresh: boolean;
  /** What is there under this name; `undefined` for nothing. */
  look(name: BytePath): Existing | undefined;
  /** Names of all that is there, in the order of their bytes, without what restores keep there for a while. */
  list(): readonly BytePath[];
  /**
   * Makes a folder that until `finish` nobody can use whom `attributes` will not let. With `open`, one that is there is opened instead.
   */
  makeFolder(slot: Slot, attributes: Attributes, open: boolean): TargetFolder;
  makeLink(slot: Slot, target: Uint8Array, attributes: Attributes): void;
  /** A named pipe or a device. Also throws 'target-unwritable' where this user or this system cannot make it. */
  makeSpecial(slot: Slot, kind: SpecialKind, attributes: Attributes): void;
  /** Another name for the file restored at `existing`, whose folder may be finished. */
  hardLink(slot: Slot, existing: Omit<Place, 'replace'>): void;
  /** Starts a file that arrives in parts. Files of the same `key` (16 hex characters) have the same content. */
  openFile(slot: Slot, size: number, sparse: boolean, key: string): PartialFile;
  /** Gives an entry that is there, and is no folder, other attributes than it has. */
  refresh(name: BytePath, attributes: Attributes, existing: Existing): void;
  /** Removes an entry with all that is below it, never through a link nor what is mounted there; how many entries that were. */
  remove(name: BytePath, breathe: () => Promise<void>): Promise<number>;
  /** Gives the folder its mode, owner and time; without attributes it stays as it is. Call once, after the last entry. */
  finish(attributes?: Attributes): void;
}
