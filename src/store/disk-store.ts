/**
 * Chunks as files: durable before a put resolves, hashed on the way in and out, and never a torn one in sight (L5).
 *
 * Layout below `folder` (one vault's `chunks`); everything else found there is left alone:
 *   <2 hex of the group>/<cid>   one sealed chunk; written beside its place and renamed, so whole or absent.
 *                                Its modification time is when it was written or last renewed: a put or a `has` of a chunk that no
 *                                log names yet renews it (at most once in `renewMs`), since such chunks expire (L2).
 *   <2 hex of the group>/settled empty; written to make the group's folder durable (see ChunkShelves)
 *   trash/<2 hex>/<cid>          a dropped chunk until its retention ends (L4); its modification time is when it was put there
 *   quarantine/<cid>             a damaged file, kept as evidence; at most QUARANTINE_BYTES in all, beyond that removed
 * No index file: the folders are the books. What is counted and noted at open is a cache and is never believed over them.
 */
import { bytesEqual } from '../model/bytes.ts';
import { type Digest, GROUPS, keyOf, type PeerName } from '../model/ids.ts';
import { checkSealed, damagedChunk } from './check-sealed.ts';
import { chunksOfGroup, type Shelf } from './chunk-files.ts';
import { ChunkShelves, type ShelvesOptions } from './chunk-shelves.ts';
import type { PutResult, SealedChunk, WaitOptions } from './chunk-store.ts';
import type { ChunkUsage, HeldChunks, LookupOptions, RemoveOptions } from './held-chunks.ts';
import { KeyedLock } from './keyed-lock.ts';

export interface DiskStoreOptions extends ShelvesOptions {
  /** Absolute; made when the first chunk comes. */
  readonly folder: string;
  /** Whose disk this is: the one holder that `put` names. */
  readonly self: PeerName;
  /** How old a chunk that no log names may be before it is renewed; needs `books` and `now`. Default: a day. */
  readonly renewMs?: number;
  /** Told of each damaged or vanished chunk, once, after it has been quarantined. */
  readonly onDamage?: (digest: Digest) => void;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const ALWAYS = (): boolean => true;
const LOOKUPS_AT_ONCE = 64;

/** Its memory does not grow with the number of chunks. One process at a time may use a folder. */
export class DiskStore implements HeldChunks {
  readonly #options: DiskStoreOptions;
  readonly #shelves: ChunkShelves;
  /** Everything that changes one chunk's files happens one after the other; `has` waits for it too. */
  readonly #locks = new KeyedLock();

  private constructor(options: DiskStoreOptions) {
    this.#options = options;
    this.#shelves = new ChunkShelves(options);
  }

  /** For a folder that does not exist yet. */
  static empty(options: DiskStoreOptions): DiskStore {
    return new DiskStore(options);
  }

  /** Sweeps what cut-off writes left, and counts what is there. */
  static async open(options: DiskStoreOptions): Promise<DiskStore> {
    const store = new DiskStore(options);
    await store.#shelves.load();
    return store;
  }

  async put(chunk: SealedChunk, options?: WaitOptions): Promise<PutResult> {
    options?.signal?.throwIfAborted();
    checkSealed(chunk);
    await this.#locks.run(keyOf(chunk.digest), () => this.#keep(chunk));
    return { holders: [this.#options.self], unused: true };
  }

  async get(digest: Digest, options?: WaitOptions): Promise<Uint8Array | undefined> {
    options?.signal?.throwIfAborted();
    const first = await this.#shelves.read(digest, 'kept');
    if (first instanceof Uint8Array) return first;
    return this.#locks.run(keyOf(digest), () => this.#find(digest));
  }

  async has(digests: readonly Digest[], options: LookupOptions = {}): Promise<readonly boolean[]> {
    const answers: boolean[] = [];
    for (let at = 0; at < digests.length; at += LOOKUPS_AT_ONCE) {
      options.signal?.throwIfAborted();
      const some = digests.slice(at, at + LOOKUPS_AT_ONCE);
      answers.push(...(await Promise.all(some.map((digest) => this.#holds(digest, options.trash ?? false)))));
    }
    return answers;
  }

  async *list(group?: number): AsyncIterable<Digest> {
    const { disk, folder } = this.#options;
    const last = group ?? GROUPS - 1;
    for (let at = group ?? 0; at <= last; at++) yield* await chunksOfGroup(disk, folder, at);
  }

  remove(digest: Digest, { when = ALWAYS }: RemoveOptions = {}): Promise<boolean> {
    return this.#locks.run(keyOf(digest), () => this.#shelves.remove(digest, 'kept', when));
  }

  toTrash(digest: Digest, { when = ALWAYS }: RemoveOptions = {}): Promise<boolean> {
    return this.#locks.run(keyOf(digest), () => this.#shelves.discard(digest, when));
  }

  fromTrash(digest: Digest): Promise<boolean> {
    return this.#locks.run(keyOf(digest), () => this.#shelves.restore(digest, false));
  }

  purge(digest: Digest, { when = ALWAYS }: RemoveOptions = {}): Promise<boolean> {
    return this.#locks.run(keyOf(digest), () => this.#shelves.remove(digest, 'trash', when));
  }

  usage(): ChunkUsage {
    return this.#shelves.usage();
  }

  async #keep({ digest, bytes }: SealedChunk): Promise<void> {
    const shelves = this.#shelves;
    const files = await shelves.lookForNew(digest);
    const { kept, trash } = files;
    if (kept !== undefined && shelves.isCertain(digest) && (await this.#isWhole(digest, bytes, 'kept'))) {
      await shelves.settle(digest);
      return this.#renew(digest, kept);
    }
    if (kept === undefined && trash !== undefined && (await this.#isWhole(digest, bytes, 'trash'))) {
      await shelves.restore(digest, true);
      return;
    }
    const isNew = kept === undefined && trash === undefined; // else something may have gone into quarantine just now
    await shelves.write(digest, bytes, isNew ? files : await shelves.look(digest));
  }

  /** Does the file hold these bytes? One that does not is put into quarantine. */
  async #isWhole(digest: Digest, bytes: Uint8Array, shelf: Shelf): Promise<boolean> {
    const stored = await this.#shelves.read(digest, shelf);
    if (stored === 'damaged') await this.#quarantine(digest, shelf);
    return stored instanceof Uint8Array && bytesEqual(stored, bytes);
  }

  async #find(digest: Digest): Promise<Uint8Array | undefined> {
    for (const shelf of ['kept', 'trash'] as const) {
      const stored = await this.#shelves.read(digest, shelf);
      if (stored === 'damaged') {
        await this.#quarantine(digest, shelf);
        throw damagedChunk(digest, this.#options.self);
      }
      if (stored !== 'absent') return stored;
    }
    await this.#noticeLoss(digest);
    return undefined;
  }

  async #holds(digest: Digest, trashToo: boolean): Promise<boolean> {
    return this.#locks.run(keyOf(digest), async () => {
      const kept = await this.#shelves.sizeOf(digest, 'kept');
      if (kept === undefined) await this.#noticeLoss(digest);
      if (kept === undefined || !this.#shelves.isCertain(digest)) {
        return trashToo && (await this.#shelves.sizeOf(digest, 'trash')) !== undefined;
      }
      await this.#shelves.settle(digest);
      await this.#renew(digest, kept);
      return true;
    });
  }

  async #renew(digest: Digest, size: number): Promise<void> {
    const { books, now, renewMs = DAY_MS } = this.#options;
    if (!books || !now) return;
    const facts = books.of(digest);
    if (!facts || facts.live || facts.keeping !== 'kept') return;
    if (Math.abs(now() - facts.sinceMs) >= renewMs) await this.#shelves.renew(digest, size);
  }

  async #quarantine(digest: Digest, shelf: Shelf): Promise<void> {
    await this.#shelves.quarantine(digest, shelf);
    this.#options.onDamage?.(digest);
  }

  async #noticeLoss(digest: Digest): Promise<void> {
    if (await this.#shelves.noticeLoss(digest)) this.#options.onDamage?.(digest);
  }
}
