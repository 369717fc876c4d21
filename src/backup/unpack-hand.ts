/** One worker of a restore: opens a chunk, checks it, and writes what lies in it; the same in a thread of its own and in place. */
import { openChunk } from '../crypto/chunk-cipher.ts';
import { digestOf } from '../crypto/digest.ts';
import { freeBuffer } from '../crypto/free-buffer.ts';
import type { OpeningKeys } from '../crypto/vault-keys.ts';
import { ChunkKind } from '../format/kinds.ts';
import type { ExtendedAttribute } from '../format/tree-page.ts';
import { VaultError } from '../model/errors.ts';
import { compareParts, SUM_BYTES } from './compare-parts.ts';
import { FIELD, FIELDS, FLAG } from './file-table.ts';
import { SmallFileWriter, type WriterOptions } from './small-file-writer.ts';
import { type Fault, faultOf } from './target-error.ts';
import type { BundleJob, BundleResult, CompareJob, PieceJob, PieceResult } from './unpackers.ts';
import { writeBytes, writeSparse } from './write-bytes.ts';

const EMPTY = new Uint8Array(0);

export class UnpackHand {
  readonly #keys: OpeningKeys;
  readonly #writer: SmallFileWriter;

  constructor(keys: OpeningKeys, options: WriterOptions) {
    this.#keys = keys;
    this.#writer = new SmallFileWriter(options);
  }

  bundle({ sealed, files, sums: summed }: BundleJob): BundleResult {
    const faults: [number, Fault][] = [];
    const names = files.names.split('/');
    const sums = new Uint8Array(summed ? names.length * SUM_BYTES : 0);
    const xattrs = new Map(files.xattrs);
    let plain: Uint8Array = EMPTY;
    try {
      plain = sealed ? this.#open(sealed) : EMPTY;
    } catch (error) {
      const fault = faultOf(error);
      return { faults: names.map((_, index) => [index, fault]), lostXattrs: this.#writer.takeLost(), sums };
    }
    for (const [index, name] of names.entries()) {
      try {
        const content = this.#file(files, index, name, plain, xattrs.get(index));
        if (summed) sums.set(digestOf(content), index * SUM_BYTES);
      } catch (error) {
        faults.push([index, faultOf(error)]);
      }
    }
    freeBuffer(plain);
    return { faults, lostXattrs: this.#writer.takeLost(), sums };
  }

  piece({ sealed, offset, length, fd, position, sparse, sums }: PieceJob): PieceResult {
    try {
      const plain = this.#open(sealed);
      const put = sparse ? writeSparse : writeBytes;
      const part = partOf(plain, offset, length);
      put(fd, part, position);
      const sum = sums ? digestOf(part) : undefined;
      freeBuffer(plain);
      return { fault: undefined, sum };
    } catch (error) {
      return { fault: faultOf(error), sum: undefined };
    }
  }

  compare(job: CompareJob): (readonly [number, Fault])[] {
    return compareParts(job);
  }

  #open(sealed: Uint8Array): Uint8Array {
    try {
      return openChunk(this.#keys, ChunkKind.content, sealed);
    } finally {
      freeBuffer(sealed); // given away by who asked
    }
  }

  #file(
    { folders, numbers }: BundleJob['files'],
    index: number,
    name: string,
    plain: Uint8Array,
    xattrs: readonly ExtendedAttribute[] | undefined,
  ): Uint8Array {
    const at = index * FIELDS;
    const of = (field: keyof typeof FIELD): number => numbers[at + FIELD[field]] ?? 0;
    const folder = folders[of('folder')];
    if (!folder) throw new VaultError('internal', 'bug: a file without a folder');
    const bytes = partOf(plain, of('offset'), of('length'));
    this.#writer.write({
      folder,
      name,
      bytes,
      replace: (of('flags') & FLAG.replace) !== 0,
      sparse: (of('flags') & FLAG.sparse) !== 0,
      mode: of('mode'),
      uid: of('uid'),
      gid: of('gid'),
      mtime: { seconds: of('seconds'), nanoseconds: of('nanoseconds') },
      xattrs,
    });
    return bytes;
  }
}

/** Throws 'corrupt' when it reaches beyond. */
function partOf(plain: Uint8Array, offset: number, length: number): Uint8Array {
  if (offset + length <= plain.length) return plain.subarray(offset, offset + length);
  throw new VaultError('corrupt', `it should lie at ${offset}+${length} of a chunk of ${plain.length} bytes`);
}
