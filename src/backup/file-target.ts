/** Where a restore writes: the few verbs it needs of a file system, so that the walk knows no system call. */
import type { ExtendedAttribute, Timestamp } from '../format/tree-page.ts';

/** 'fail': the target must be absent or empty; 'never': what exists stays; 'always': what exists is replaced, each file atomically. */
export type Overwrite = 'fail' | 'never' | 'always';

export interface Attributes {
  /** Twelve bits: permissions, setuid, setgid, sticky. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: Timestamp;
  readonly xattrs?: readonly ExtendedAttribute[] | undefined;
}

/** Attributes that the target's system refused: the entries are there without them. */
export interface LostXattrs {
  readonly count: number;
  /** What happened to the first of them. */
  readonly example: string | undefined;
}

/** 'kept': something was there, and `overwrite` says to leave it. */
export type Outcome = 'written' | 'kept';

/** A file that grows under a temporary name; only `finish` makes it visible. Exactly one of `finish` and `discard` is called. */
export interface PartialFile {
  /** Writes at a position; in a sparse file long runs of zeros become holes. */
  write(position: number, bytes: Uint8Array): void;
  /** Sets length and attributes, then gives the file its name. Discards it when that fails. */
  finish(attributes: Attributes): void;
  /** Removes what was written. */
  discard(): void;
}

/**
 * Paths are raw bytes, relative to the target, names joined by '/'; '' is the target itself. Every call is short and
 * synchronous (a file of FACTS section 2: sync calls in slices are several times faster than promises); callers yield between calls.
 * Errors of single entries: 'target-exists' (in the way, and not to be replaced), 'target-unwritable', 'io'; of the
 * whole target: 'no-space'. No call writes outside the target or through a symbolic link, whatever the path says.
 */
export interface FileTarget {
  /** Checks everything that can be checked before the first write. Throws 'target-exists', 'target-unwritable', 'no-space'. */
  prepare(overwrite: Overwrite): void;
  /** Makes a directory that only its owner can use until `finishDirectory`, or uses the one that exists. '' must be first. */
  makeDirectory(path: Uint8Array): Outcome;
  /** Mode, owner and time of a directory; call after its last entry. Without attributes it stays as it is. */
  finishDirectory(path: Uint8Array, attributes?: Attributes): void;
  /** A whole small file at once, atomically. */
  writeFile(path: Uint8Array, bytes: Uint8Array, attributes: Attributes): Outcome;
  /** Starts a file that arrives in parts; 'kept' as for `writeFile`. */
  openFile(path: Uint8Array, size: number, sparse: boolean): PartialFile | 'kept';
  makeLink(path: Uint8Array, target: Uint8Array, attributes: Attributes): Outcome;
  /** Extended attributes that could not be set so far. */
  readonly lostXattrs: LostXattrs;
  /** Another name for the file restored at `existing`. */
  hardLink(path: Uint8Array, existing: Uint8Array): Outcome;
}
