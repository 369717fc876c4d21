/**
 * What every folder of the last backup looked like, so that those that look the same need no more than a look (C3): a fingerprint of its
 * entries, and where its pages lie. A cache beside the books: when it is lost, damaged or of another run, everything is compared singly.
 *
 *   file  = "vmfm" | version u8 | snapshot 32 | scope 32 | entries, in order of their paths' hashes | MAC 32
 *   entry = hash of the path 16 | fingerprint 16 | pages u16be | a reference of 40 bytes for each (format.md, 7.2)
 */
import type { KeyedHash } from '../crypto/keyed-hash.ts';
import { type BlobRef, packRefs, REF_BYTES, unpackRefs } from '../format/blob-ref.ts';
import { bytesEqual, compareBytes, concatBytes, fromHex, utf8 } from '../model/bytes.ts';
import { isVaultError } from '../model/errors.ts';
import { type BytePath, bytesOfPath } from './byte-path.ts';

const MAGIC = utf8('vmfm\x01');
/** Of a path's hash and of a fingerprint. */
export const HASH_BYTES = 16;
const ID_BYTES = 32;
const HEAD_BYTES: number = MAGIC.length + 2 * ID_BYTES;
const MAC_BYTES = 32;
const FIXED_BYTES: number = 2 * HASH_BYTES + 2;
const MAX_PAGES = 8192;
const PATH = utf8('folder path');
const ENTRIES = utf8('folder entries');
const FILE = utf8('folder marks');
const SCOPE = utf8('folder scope');

/** Whose marks they are: of one snapshot, made with the same paths, leaving out the same. */
export interface MarksOf {
  /** 64 hex digits. */
  readonly snapshot: string;
  readonly scope: Uint8Array;
}

/** A folder and what it looked like. */
export interface FolderDraft {
  readonly path: BytePath;
  readonly fingerprint: Uint8Array;
}

export interface FolderMark extends FolderDraft {
  readonly pages: readonly BlobRef[];
}

/** Of what a look at each entry of a folder tells, in order of their names: `fields` as in folder-looks.ts. 16 bytes. */
export function fingerprintOf(hash: KeyedHash, names: readonly BytePath[], fields: Float64Array): Uint8Array {
  const numbers = new Uint8Array(fields.buffer, fields.byteOffset, fields.byteLength);
  return hash.of(ENTRIES, Buffer.from(names.join('/'), 'latin1'), numbers).slice(0, HASH_BYTES);
}

export function scopeOf(hash: KeyedHash, paths: readonly BytePath[], choice: string): Uint8Array {
  return hash.of(SCOPE, utf8(JSON.stringify([paths, choice])));
}

function pathHash(hash: KeyedHash, path: BytePath): Uint8Array {
  return hash.of(PATH, bytesOfPath(path)).subarray(0, HASH_BYTES);
}

export class FolderMarks {
  readonly #hash: KeyedHash;
  readonly #bytes: Uint8Array;
  /** Where each entry begins, in order. */
  readonly #entries: Uint32Array;

  private constructor(hash: KeyedHash, bytes: Uint8Array, entries: Uint32Array) {
    this.#hash = hash;
    this.#bytes = bytes;
    this.#entries = entries;
  }

  /** `undefined` for what is not whole, not ours, or of another run. */
  static read(hash: KeyedHash, bytes: Uint8Array, of: MarksOf): FolderMarks | undefined {
    const end = bytes.length - MAC_BYTES;
    if (end < HEAD_BYTES || !bytesEqual(hash.of(FILE, bytes.subarray(0, end)), bytes.subarray(end)))
      return undefined;
    if (!bytesEqual(bytes.subarray(0, HEAD_BYTES), headOf(of))) return undefined;
    const entries: number[] = [];
    for (let at = HEAD_BYTES; at < end; ) {
      entries.push(at);
      at += FIXED_BYTES + pagesAt(bytes, at) * REF_BYTES;
    }
    return new FolderMarks(hash, bytes, Uint32Array.from(entries));
  }

  /** Pages are `undefined` for a folder that looks different, or was not seen. */
  pagesOf(path: BytePath, fingerprint: Uint8Array): BlobRef[] | undefined {
    const at = this.#find(pathHash(this.#hash, path));
    if (at === undefined) return undefined;
    const pages = at + FIXED_BYTES;
    if (!bytesEqual(this.#bytes.subarray(at + HASH_BYTES, at + 2 * HASH_BYTES), fingerprint))
      return undefined;
    try {
      const packed = this.#bytes.subarray(pages, pages + pagesAt(this.#bytes, at) * REF_BYTES);
      return unpackRefs(packed, MAX_PAGES, 'folder mark');
    } catch (error) {
      if (isVaultError(error, 'corrupt')) return undefined;
      throw error;
    }
  }

  #find(wanted: Uint8Array): number | undefined {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const at = this.#entries[middle] ?? 0;
      const order = compareBytes(this.#bytes.subarray(at, at + HASH_BYTES), wanted);
      if (order === 0) return at;
      if (order < 0) low = middle + 1;
      else high = middle;
    }
    return undefined;
  }
}

/** The file of these marks; a folder with more pages than an entry can tell has none. */
export function encodeMarks(hash: KeyedHash, of: MarksOf, marks: Iterable<FolderMark>): Uint8Array {
  const entries: Uint8Array[] = [];
  for (const { path, fingerprint, pages } of marks) {
    if (pages.length > MAX_PAGES) continue;
    const count = Uint8Array.of(pages.length >>> 8, pages.length & 0xff);
    entries.push(concatBytes(pathHash(hash, path), fingerprint, count, packRefs(pages)));
  }
  const bytes = concatBytes(headOf(of), ...entries.sort(compareBytes));
  return concatBytes(bytes, hash.of(FILE, bytes));
}

function headOf({ snapshot, scope }: MarksOf): Uint8Array {
  return concatBytes(MAGIC, fromHex(snapshot) ?? new Uint8Array(ID_BYTES), scope);
}

function pagesAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at + 2 * HASH_BYTES] ?? 0) << 8) | (bytes[at + 2 * HASH_BYTES + 1] ?? 0);
}
