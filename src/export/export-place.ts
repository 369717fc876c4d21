/** Where an export lies (a folder, a bucket), as what everything that keeps files can do: whole files under plain names, no more (X1). */
import type { WaitOptions } from '../store/chunk-store.ts';

export interface PlaceRoom {
  /** Bytes that may still be written; Infinity where nobody counts. */
  readonly freeBytes: number;
  /** A file takes a multiple of this. */
  readonly unitBytes: number;
}

/**
 * Names are relative, '/' between folders, of lower-case letters, digits, '-' and '.' only, so that FAT, case-insensitive disks, cloud
 * drives and buckets keep them alike. No locks, no links, no appending. Nothing that is read can be trusted.
 */
export interface ExportPlace {
  /** What people gave: a path, or "s3:https://host/bucket/prefix". */
  readonly name: string;
  /** Whole file, or `undefined` when there is none. Throws 'corrupt' beyond `maxBytes`, 'io', 'unavailable', 'denied'. */
  read(name: string, maxBytes: number, options?: WaitOptions): Promise<Uint8Array | undefined>;
  /** Whole or not at all, in the place of what was there. Throws 'no-space', 'io', 'unavailable', 'denied'. */
  write(name: string, bytes: Uint8Array, options?: WaitOptions): Promise<void>;
  /** No error when absent. */
  remove(name: string, options?: WaitOptions): Promise<void>;
  /** Names in one folder, files and folders; empty when there is none. */
  list(folder: string, options?: WaitOptions): Promise<readonly string[]>;
  room(): Promise<PlaceRoom>;
  /** Removes what cut-off writes left below `folder`. */
  tidy(folder: string): Promise<void>;
}
