/** What one hand of a crew does, step by step and without waiting: the same in a thread of its own and in place (S2). */
import { type SealedBytes, type SealingKeys, sealChunk } from '../crypto/chunk-cipher.ts';
import { contentIdOf } from '../crypto/content-id.ts';
import type { VaultKeys } from '../crypto/vault-keys.ts';
import { ChunkKind } from '../format/kinds.ts';
import type { ExtendedAttribute } from '../format/tree-page.ts';
import type { Compression } from '../model/compression.ts';
import { assert, isVaultError, VaultError } from '../model/errors.ts';
import type { ContentId } from '../model/ids.ts';
import { KiB } from '../model/units.ts';
import { type BytePath, shownPath } from './byte-path.ts';
import type { CrewOptions, Gathered, PieceBytes, SmallAsk, SmallOutcome } from './crew.ts';
import type { FileSource, SourceFile, SourceStat } from './file-source.ts';
import { type FolderLook, lookInto } from './folder-looks.ts';

/** Files below this size share chunks with their neighbours (C3); the others are cut. Bytes. */
export const SMALL_FILE_BYTES: number = 256 * KiB;

/** After so many entries a hand looks at no more folders, as others wait for it. */
const MOST_LOOKED = 4096;

export type HandKeys = SealingKeys & Pick<VaultKeys, 'contentId'>;

interface Contents {
  readonly parts: readonly (Uint8Array | undefined)[];
  readonly buffer: Uint8Array;
}

export class CrewHand {
  readonly #source: FileSource;
  readonly #keys: HandKeys;
  readonly #compression: Compression;
  readonly #open: Uint8Array;
  #openLength = 0;
  #batches = 0;
  readonly #contents = new Map<number, Contents>();
  /** Buffers of batches that are done with. */
  readonly #spare: Uint8Array[] = [];

  constructor(source: FileSource, keys: HandKeys, { bundleBytes, compression = 'auto' }: CrewOptions) {
    this.#source = source;
    this.#keys = keys;
    this.#compression = compression;
    this.#open = new Uint8Array(Math.max(bundleBytes, SMALL_FILE_BYTES));
  }

  gather(asks: readonly SmallAsk[]): Gathered {
    const buffer = this.#bufferOf(asks.reduce((sum, { seen }) => sum + seen.size, 0));
    const parts: (Uint8Array | undefined)[] = [];
    const outcomes: SmallOutcome[] = [];
    let at = 0;
    for (const ask of asks) {
      const into = buffer.subarray(at, at + ask.seen.size);
      const { outcome, content } = this.#guarded(ask, into);
      outcomes.push(outcome);
      parts.push(content);
      at += into.length;
    }
    const batch = ++this.#batches;
    this.#contents.set(batch, { parts, buffer });
    return { outcomes, batch };
  }

  look(paths: readonly BytePath[]): FolderLook[] {
    const looks: FolderLook[] = [];
    let entries = 0;
    for (const path of paths) {
      if (entries >= MOST_LOOKED) break;
      const look = lookInto(this.#source, this.#keys.contentId, path);
      if (look.kind === 'looks') entries += look.names.length;
      looks.push(look);
    }
    return looks;
  }

  keep(batch: number, indices: readonly number[], more: boolean): void {
    const contents = this.#contents.get(batch);
    assert(contents, 'a batch that was not gathered');
    for (const index of indices) {
      const part = contents.parts[index];
      assert(part && this.#openLength + part.length <= this.#open.length, 'a bundle that is too long');
      this.#open.set(part, this.#openLength);
      this.#openLength += part.length;
    }
    if (more) return;
    this.#contents.delete(batch);
    this.#spare.push(contents.buffer);
  }

  sealOpen(): SealedBytes {
    const plain = this.#open.subarray(0, this.#openLength);
    this.#openLength = 0;
    return this.seal(ChunkKind.content, plain);
  }

  identify(kind: ChunkKind, piece: PieceBytes): ContentId {
    return contentIdOf(this.#keys, kind, bytesOf(piece)).slice();
  }

  sealPiece(kind: ChunkKind, piece: PieceBytes): SealedBytes {
    return this.seal(kind, bytesOf(piece));
  }

  seal(kind: ChunkKind, plain: Uint8Array): SealedBytes {
    return sealChunk(this.#keys, kind, plain, this.#compression);
  }

  #bufferOf(bytes: number): Uint8Array {
    const spare = this.#spare.pop();
    return spare && spare.length >= bytes ? spare : new Uint8Array(Math.max(bytes, this.#open.length));
  }

  #guarded(ask: SmallAsk, into: Uint8Array): { outcome: SmallOutcome; content?: Uint8Array } {
    try {
      return this.#read(ask, into);
    } catch (error) {
      if (!isVaultError(error)) throw error;
      return { outcome: { kind: 'failed', error } };
    }
  }

  #read({ path, seen }: SmallAsk, into: Uint8Array): { outcome: SmallOutcome; content?: Uint8Array } {
    const file = this.#source.open(path);
    try {
      const length = fill(file, into);
      const stat = file.stat();
      if (stat.type !== 'file') throw new VaultError('not-found', `${shownPath(path)} is no file any more`);
      // Nothing happened between the walk's look and now: what was read is all of it. Files of the kernel say 0 and have content.
      if (seen.size > 0 && length === seen.size && isStill(stat, seen)) {
        return this.#done(path, stat, into, false);
      }
      return this.#readAgain(path, file, stat);
    } finally {
      file.close();
    }
  }

  /** Another size than the walk saw, or none: looked at before and after, and read to where it ended before. */
  #readAgain(
    path: SmallAsk['path'],
    file: SourceFile,
    stat: SourceStat,
  ): { outcome: SmallOutcome; content?: Uint8Array } {
    if (stat.size >= SMALL_FILE_BYTES) return { outcome: { kind: 'large' } };
    const most = stat.size === 0 ? SMALL_FILE_BYTES : stat.size;
    const bytes = new Uint8Array(most);
    const length = fill(file, bytes);
    if (length === SMALL_FILE_BYTES) return { outcome: { kind: 'large' } };
    const after = file.stat();
    const changed = after.size !== stat.size || !sameTime(after, stat);
    return this.#done(path, stat, bytes.subarray(0, length), changed);
  }

  #done(
    path: SmallAsk['path'],
    stat: SourceStat,
    content: Uint8Array,
    changed: boolean,
  ): { outcome: SmallOutcome; content: Uint8Array } {
    const id = content.length > 0 ? contentIdOf(this.#keys, ChunkKind.content, content) : undefined;
    const attributes = this.#xattrs(path);
    return { outcome: { kind: 'read', stat, length: content.length, id, changed, ...attributes }, content };
  }

  #xattrs(path: SmallAsk['path']): {
    xattrs: readonly ExtendedAttribute[];
    xattrsError: VaultError | undefined;
  } {
    try {
      return { xattrs: this.#source.xattrs(path), xattrsError: undefined };
    } catch (error) {
      if (!isVaultError(error)) throw error;
      return { xattrs: [], xattrsError: error };
    }
  }
}

function bytesOf({ memory, start, end }: PieceBytes): Uint8Array {
  return new Uint8Array(memory, start, end - start);
}

/** Reads until `into` is full or the file ends. */
function fill(file: SourceFile, into: Uint8Array): number {
  let filled = 0;
  while (filled < into.length) {
    const length = file.read(into.subarray(filled), filled);
    if (length === 0) break;
    filled += length;
  }
  return filled;
}

/** Times of a quick look are milliseconds as doubles: exact to less than a microsecond. */
const SAME_MS = 0.001;

function isStill(stat: SourceStat, seen: SmallAsk['seen']): boolean {
  const { seconds, nanoseconds } = stat.mtime;
  const mtimeMs = seconds * 1000 + nanoseconds / 1e6;
  return (
    stat.size === seen.size && Math.abs(mtimeMs - seen.mtimeMs) < SAME_MS && Number(stat.inode) === seen.inode
  );
}

function sameTime(a: SourceStat, b: SourceStat): boolean {
  return a.mtime.seconds === b.mtime.seconds && a.mtime.nanoseconds === b.mtime.nanoseconds;
}
