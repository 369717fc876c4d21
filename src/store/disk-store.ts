/**
 * Chunks as files: durable before a put resolves, hashed on the way in and out, and never a torn one in sight (L5).
 *
 * Layout below `folder` (one vault's `chunks`); everything else found there is left alone:
 *   <2 hex of the group>/<cid>   one sealed chunk; written beside its place and renamed, so whole or absent.
 *                                Its modification time is when it was written; a put of what is whole here does not
 *                                renew it, so what lets uncommitted chunks expire (L2) has to renew it first.
 *   <2 hex of the group>/settled empty; written to make the group's folder durable (see `#settle`)
 *   quarantine/<cid>             a damaged file, kept as evidence; at most QUARANTINE_BYTES in all, beyond that removed
 *   trash/<2 hex>/<cid>          reserved: dropped chunks until their retention ends (L4)
 * No index file: the folders are the books, counted once at open, so that nothing can disagree with them.
 */
import { join } from 'node:path';
import { MAX_SEALED_BYTES } from '../format/kinds.ts';
import { bytesEqual } from '../model/bytes.ts';
import { isVaultError } from '../model/errors.ts';
import { cidText, type Digest, GROUPS, groupOf, keyOf, type PeerName } from '../model/ids.ts';
import { MiB } from '../model/units.ts';
import type { Disk } from '../runtime/disk.ts';
import { checkSealed, damagedChunk, matchesDigest } from './check-sealed.ts';
import {
  chunkPath,
  chunksOfGroup,
  groupFolder,
  type Tally,
  tallyChunks,
  tallyFolder,
} from './chunk-files.ts';
import type { PutResult, SealedChunk, WaitOptions } from './chunk-store.ts';
import type { ChunkUsage, HeldChunks } from './held-chunks.ts';
import { KeyedLock } from './keyed-lock.ts';

export const QUARANTINE_BYTES: number = 64 * MiB;

export interface DiskStoreOptions {
  readonly disk: Disk;
  /** Absolute; made when the first chunk comes. */
  readonly folder: string;
  /** Whose disk this is: the one holder that `put` names. */
  readonly self: PeerName;
  /** Told of each damaged chunk, once, after it has been quarantined. */
  readonly onDamage?: (digest: Digest) => void;
}

type Reading = Uint8Array | 'absent' | 'damaged';

/** Its memory does not grow with the number of chunks. One process at a time may use a folder. */
export class DiskStore implements HeldChunks {
  readonly #options: DiskStoreOptions;
  readonly #disk: Disk;
  readonly #folder: string;
  /** Puts, removals and quarantine of one chunk happen one after the other; `has` waits for them too. */
  readonly #locks = new KeyedLock();
  /** Groups in whose folder this process has made something durable: all earlier names there are durable then. */
  readonly #settled = new Set<number>();
  /** Chunks whose write failed and could not be undone: present perhaps, durable perhaps; never acknowledged. */
  readonly #doubtful = new Set<string>();
  readonly #kept: Tally;
  readonly #quarantined: Tally;

  private constructor(options: DiskStoreOptions, kept: Tally, quarantined: Tally) {
    this.#options = options;
    this.#disk = options.disk;
    this.#folder = options.folder;
    this.#kept = kept;
    this.#quarantined = quarantined;
  }

  /** For a folder that does not exist yet. */
  static empty(options: DiskStoreOptions): DiskStore {
    return new DiskStore(options, { chunks: 0, bytes: 0 }, { chunks: 0, bytes: 0 });
  }

  /** Sweeps what cut-off writes left, and counts what is there. */
  static async open(options: DiskStoreOptions): Promise<DiskStore> {
    const { disk, folder } = options;
    await disk.sweep(folder);
    const kept = await tallyChunks(disk, folder);
    return new DiskStore(options, kept, await tallyFolder(disk, join(folder, 'quarantine')));
  }

  async put(chunk: SealedChunk, options?: WaitOptions): Promise<PutResult> {
    options?.signal?.throwIfAborted();
    checkSealed(chunk);
    await this.#locks.run(keyOf(chunk.digest), () => this.#keep(chunk));
    return { holders: [this.#options.self] };
  }

  async get(digest: Digest, options?: WaitOptions): Promise<Uint8Array | undefined> {
    options?.signal?.throwIfAborted();
    const first = await this.#read(digest);
    if (first === 'absent') return undefined;
    if (first !== 'damaged') return first;
    return this.#locks.run(keyOf(digest), async () => {
      const again = await this.#read(digest);
      if (again === 'absent') return undefined;
      if (again !== 'damaged') return again;
      await this.#quarantine(digest);
      throw damagedChunk(digest, this.#options.self);
    });
  }

  async has(digests: readonly Digest[], options?: WaitOptions): Promise<readonly boolean[]> {
    const answers: boolean[] = [];
    for (let at = 0; at < digests.length; at += 64) {
      options?.signal?.throwIfAborted();
      answers.push(...(await Promise.all(digests.slice(at, at + 64).map((digest) => this.#holds(digest)))));
    }
    return answers;
  }

  async *list(group?: number): AsyncIterable<Digest> {
    const last = group ?? GROUPS - 1;
    for (let at = group ?? 0; at <= last; at++) yield* await chunksOfGroup(this.#disk, this.#folder, at);
  }

  async remove(digest: Digest): Promise<boolean> {
    const path = chunkPath(this.#folder, digest);
    return this.#locks.run(keyOf(digest), async () => {
      const before = (await this.#disk.stat(path))?.size;
      if (before === undefined) return false;
      await this.#change(digest, before, undefined, () => this.#disk.remove(path));
      return true;
    });
  }

  usage(): ChunkUsage {
    return {
      chunks: this.#kept.chunks,
      bytes: this.#kept.bytes,
      quarantinedChunks: this.#quarantined.chunks,
      quarantinedBytes: this.#quarantined.bytes,
    };
  }

  async #keep(chunk: SealedChunk): Promise<void> {
    const { digest, bytes } = chunk;
    const path = chunkPath(this.#folder, digest);
    let before = (await this.#disk.stat(path))?.size;
    if (before !== undefined && !this.#doubtful.has(keyOf(digest))) {
      const stored = await this.#read(digest);
      if (stored instanceof Uint8Array && bytesEqual(stored, bytes)) return this.#settle(groupOf(digest));
      if (stored === 'damaged') await this.#quarantine(digest);
      before = undefined;
    }
    await this.#change(digest, before, bytes.length, () => this.#disk.write(path, [bytes]));
    this.#settled.add(groupOf(digest));
  }

  async #holds(digest: Digest): Promise<boolean> {
    return this.#locks.run(keyOf(digest), async () => {
      if (this.#doubtful.has(keyOf(digest))) return false;
      if (!(await this.#disk.stat(chunkPath(this.#folder, digest)))) return false;
      await this.#settle(groupOf(digest));
      return true;
    });
  }

  async #read(digest: Digest): Promise<Reading> {
    try {
      const bytes = await this.#disk.read(chunkPath(this.#folder, digest), MAX_SEALED_BYTES);
      if (!bytes) return 'absent';
      return matchesDigest(digest, bytes) ? bytes : 'damaged';
    } catch (error) {
      if (isVaultError(error, 'corrupt')) return 'damaged';
      throw error;
    }
  }

  /**
   * A process killed between a rename and the fsync of its folder leaves a chunk that is here, but could still vanish
   * with the power. Before saying "here" for what an earlier process wrote, make its folder durable, once per group.
   */
  async #settle(group: number): Promise<void> {
    if (this.#settled.has(group)) return;
    await this.#disk.write(join(groupFolder(this.#folder, group), 'settled'), []);
    this.#settled.add(group);
  }

  async #quarantine(digest: Digest): Promise<void> {
    const path = chunkPath(this.#folder, digest);
    const evidence = join(this.#folder, 'quarantine', cidText(digest));
    const size = (await this.#disk.stat(path))?.size;
    if (size === undefined) return;
    const older = await this.#disk.stat(evidence);
    if (!older && this.#quarantined.bytes + size <= QUARANTINE_BYTES) {
      await this.#change(digest, size, undefined, () => this.#disk.move(path, evidence));
      this.#quarantined.chunks += 1;
      this.#quarantined.bytes += size;
    } else {
      await this.#change(digest, size, undefined, () => this.#disk.remove(path));
    }
    this.#options.onDamage?.(digest);
  }

  /** Runs a change of one chunk's file, from size `before` to `after`, and keeps the books right also when it fails halfway. */
  async #change(
    digest: Digest,
    before: number | undefined,
    after: number | undefined,
    change: () => Promise<void>,
  ): Promise<void> {
    let left = after;
    try {
      await change();
      this.#doubtful.delete(keyOf(digest));
    } catch (error) {
      this.#doubtful.add(keyOf(digest));
      left = before; // what the books keep saying should even this look fail
      left = (await this.#disk.stat(chunkPath(this.#folder, digest)))?.size;
      if (left === undefined) this.#doubtful.delete(keyOf(digest));
      throw error;
    } finally {
      this.#count(before, -1);
      this.#count(left, 1);
    }
  }

  #count(size: number | undefined, sign: 1 | -1): void {
    if (size === undefined) return;
    this.#kept.chunks += sign;
    this.#kept.bytes += sign * size;
  }
}
