/** What a look at everything in a folder tells, in one table: cheap to make in one thread and to use in another. */
import type { KeyedHash } from '../crypto/keyed-hash.ts';
import { isVaultError, type VaultError } from '../model/errors.ts';
import { type BytePath, joinPath } from './byte-path.ts';
import type { FileSource, QuickStat, SourceType } from './file-source.ts';
import { fingerprintOf } from './folder-marks.ts';

/** More entries than this are not looked at together, which would cost memory: such a folder is never taken over whole (T4). */
const MOST_LISTED = 65_536;
/** Numbers for each entry. */
export const LOOK_FIELDS = 7;

/** Pipes and devices had 4 while they were left out: folders with some must look different now. */
const TYPES: readonly (SourceType | undefined)[] = [
  undefined,
  'file',
  'directory',
  'symlink',
  'other',
  'fifo',
  'char-device',
  'block-device',
];

export interface FolderLooks {
  readonly kind: 'looks';
  /** Of what could be looked at, sorted by their bytes. */
  readonly names: readonly BytePath[];
  /** LOOK_FIELDS numbers for each of them. */
  readonly fields: Float64Array;
  readonly fingerprint: Uint8Array;
  readonly failed: readonly { readonly name: BytePath; readonly error: VaultError }[];
}

/** 'large': there are too many entries to look at together. 'failed': it cannot be listed. */
export type FolderLook =
  | FolderLooks
  | { readonly kind: 'large' }
  | { readonly kind: 'failed'; readonly error: VaultError };

/** Throws nothing but bugs. */
export function lookInto(
  source: Pick<FileSource, 'list' | 'look'>,
  hash: KeyedHash,
  path: BytePath,
): FolderLook {
  let listed: readonly BytePath[];
  try {
    listed = source.list(path);
  } catch (error) {
    if (!isVaultError(error)) throw error;
    return { kind: 'failed', error };
  }
  if (listed.length > MOST_LISTED) return { kind: 'large' };
  const names: BytePath[] = [];
  const fields = new Float64Array(listed.length * LOOK_FIELDS);
  const failed: { name: BytePath; error: VaultError }[] = [];
  for (const name of listed) {
    try {
      packLook(source.look(joinPath(path, name)), fields, names.length * LOOK_FIELDS);
      names.push(name);
    } catch (error) {
      if (!isVaultError(error)) throw error;
      failed.push({ name, error });
    }
  }
  const used = fields.subarray(0, names.length * LOOK_FIELDS);
  return { kind: 'looks', names, fields: used, fingerprint: fingerprintOf(hash, names, used), failed };
}

export function packLook(
  { type, size, mtimeMs, ctimeMs, inode, device, links }: QuickStat,
  fields: Float64Array,
  at: number,
): void {
  fields[at] = TYPES.indexOf(type);
  fields[at + 1] = size;
  fields[at + 2] = mtimeMs;
  fields[at + 3] = ctimeMs;
  fields[at + 4] = inode;
  fields[at + 5] = device;
  fields[at + 6] = links;
}

/** What the look at the entry of this index told. */
export function lookOf({ fields }: Pick<FolderLooks, 'fields'>, index: number): QuickStat {
  const field = (i: number): number => fields[index * LOOK_FIELDS + i] ?? 0;
  return {
    type: TYPES[field(0)] ?? 'other',
    size: field(1),
    mtimeMs: field(2),
    ctimeMs: field(3),
    inode: field(4),
    device: field(5),
    links: field(6),
  };
}
