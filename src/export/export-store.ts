/** The chunks of one vault in one folder of an export, as a ChunkStore: read back after every write, checked at every read (X3). */
import { bytesEqual } from '../model/bytes.ts';
import { MAX_SEALED_BYTES } from '../model/chunk-limits.ts';
import { DigestTable } from '../model/digest-table.ts';
import { isVaultError, VaultError } from '../model/errors.ts';
import { cidText, type Digest, GROUPS, groupOf, keyOf, type VaultId } from '../model/ids.ts';
import { eachOf } from '../runtime/each-of.ts';
import { checkSealed, matchesDigest } from '../store/check-sealed.ts';
import type { ChunkStore, PutResult, SealedChunk, WaitOptions } from '../store/chunk-store.ts';
import { KeyedLock } from '../store/keyed-lock.ts';
import type { ExportPlace } from './export-place.ts';
import { chunkName, digestIn, groupFolder, vaultFolder } from './layout.ts';

export interface ExportStoreOptions {
  /** Told of each damaged file, once. */
  readonly onDamage?: (place: ExportPlace, digest: Digest) => void;
}

const LISTINGS_AT_ONCE = 8;

/**
 * Nothing is ever moved or renamed here, so an export on a read-only medium can be read: what was found damaged counts as absent until a
 * put replaces it. Memory: about 44 bytes for each chunk once its group was listed.
 */
export class ExportStore implements ChunkStore {
  readonly place: ExportPlace;
  readonly #base: string;
  readonly #options: ExportStoreOptions;
  readonly #present = new DigestTable();
  /** Of those in `#present`: found damaged, vanished or removed. */
  readonly #gone = new Set<string>();
  readonly #listed = new Map<number, Promise<void>>();
  readonly #locks = new KeyedLock();

  constructor(place: ExportPlace, vault: VaultId, options: ExportStoreOptions = {}) {
    this.place = place;
    this.#base = vaultFolder(vault);
    this.#options = options;
  }

  async put(chunk: SealedChunk, options: WaitOptions = {}): Promise<PutResult> {
    options.signal?.throwIfAborted();
    checkSealed(chunk);
    await this.#locks.run(keyOf(chunk.digest), () => this.#keep(chunk, options));
    return { holders: [this.place.name] };
  }

  async get(digest: Digest, options: WaitOptions = {}): Promise<Uint8Array | undefined> {
    options.signal?.throwIfAborted();
    if (this.#gone.has(keyOf(digest))) return undefined;
    const found = await this.#read(digest, options);
    if (found === 'absent') {
      this.#forget(digest);
      return undefined;
    }
    if (found !== 'damaged') return found;
    this.#forget(digest);
    this.#options.onDamage?.(this.place, digest);
    throw new VaultError('corrupt', `chunk ${cidText(digest)} is damaged in ${this.place.name}`, {
      hint: 'Export again with --verify: the damaged file is replaced.',
    });
  }

  async has(digests: readonly Digest[], options: WaitOptions = {}): Promise<readonly boolean[]> {
    options.signal?.throwIfAborted();
    await eachOf(new Set(digests.map(groupOf)), LISTINGS_AT_ONCE, (group) => this.#list(group));
    return digests.map((digest) => this.#holds(digest));
  }

  /** Every chunk that is here; `has` knows all of them afterwards. */
  async *list({ signal }: WaitOptions = {}): AsyncGenerator<Digest> {
    const groups = Array.from({ length: GROUPS }, (_, group) => group);
    await eachOf(groups, LISTINGS_AT_ONCE, async (group) => {
      signal?.throwIfAborted();
      await this.#list(group);
    });
    for (let number = 0; number < this.#present.size; number++) {
      const digest = this.#present.at(number);
      if (this.#holds(digest)) yield digest.slice();
    }
  }

  async remove(digest: Digest, options: WaitOptions = {}): Promise<void> {
    await this.#locks.run(keyOf(digest), async () => {
      await this.place.remove(chunkName(this.#base, digest), options);
      this.#forget(digest);
    });
  }

  /** Removes what a killed run left half-written. */
  tidy(): Promise<void> {
    return this.place.tidy(this.#base);
  }

  async #keep({ digest, bytes }: SealedChunk, wait: WaitOptions): Promise<void> {
    const stored = await this.#read(digest, wait);
    if (!(stored instanceof Uint8Array)) {
      await this.place.write(chunkName(this.#base, digest), bytes, wait);
      const written = await this.#read(digest, wait);
      if (!(written instanceof Uint8Array) || !bytesEqual(written, bytes)) throw notKept(this.place, digest);
    }
    this.#present.add(digest);
    this.#gone.delete(keyOf(digest));
  }

  async #read(digest: Digest, wait: WaitOptions): Promise<Uint8Array | 'absent' | 'damaged'> {
    try {
      const bytes = await this.place.read(chunkName(this.#base, digest), MAX_SEALED_BYTES, wait);
      if (!bytes) return 'absent';
      return matchesDigest(digest, bytes) ? bytes : 'damaged';
    } catch (error) {
      // Too long, or on a sector that cannot be read any more.
      if (isVaultError(error, 'corrupt')) return 'damaged';
      if (isVaultError(error, 'io') && error.data?.code === 'EIO') return 'damaged';
      throw error;
    }
  }

  #list(group: number): Promise<void> {
    const known = this.#listed.get(group);
    if (known) return known;
    const listing = this.#listGroup(group);
    this.#listed.set(group, listing);
    return listing;
  }

  async #listGroup(group: number): Promise<void> {
    for (const name of await this.place.list(groupFolder(this.#base, group))) {
      const digest = digestIn(name, group);
      if (digest) this.#present.add(digest);
    }
  }

  #holds(digest: Digest): boolean {
    return this.#present.numberOf(digest) !== undefined && !this.#gone.has(keyOf(digest));
  }

  #forget(digest: Digest): void {
    this.#gone.add(keyOf(digest));
  }
}

function notKept(place: ExportPlace, digest: Digest): VaultError {
  return new VaultError(
    'io',
    `${place.name} did not keep what was written: chunk ${cidText(digest)} reads back otherwise`,
    { hint: 'The stick may be broken, or smaller than it says. Use another one.' },
  );
}
