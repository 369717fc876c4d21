/** The whole mesh as one ChunkStore: chunks go where placement says and come from whoever has them (P2-P4, T3, T4). */
import { MAX_SEALED_BYTES } from '../model/chunk-limits.ts';
import { VaultError } from '../model/errors.ts';
import { type Digest, groupOf, type PeerName, type VaultId } from '../model/ids.ts';
import { MiB } from '../model/units.ts';
import { holderOrder, type PlacementTable } from '../policy/placement.ts';
import type { Clock } from '../runtime/clock.ts';
import { ByteGate } from '../runtime/limiter.ts';
import type { ChunkStore, CopyLookup, PutResult, SealedChunk, WaitOptions } from '../store/chunk-store.ts';
import { HedgeBudget } from './hedge-budget.ts';
import { Holder, type HolderStats } from './holder.ts';
import { askWhoHas, countCopies } from './lookup.ts';
import { Prober } from './prober.ts';
import { putChunk } from './put-chunk.ts';
import { readChunk } from './read-chunk.ts';

export interface MeshStoreOptions {
  readonly vault: VaultId;
  readonly table: PlacementTable & { readonly copies: number };
  /** The store of one peer; called once for each. The caller closes what it opened. */
  readonly remote: (peer: PeerName) => ChunkStore;
  readonly clock: Clock;
  /** Members that must not get copies: those on the owner's own machine (P2). They are still read from. */
  readonly avoid?: ReadonlySet<PeerName>;
  /** Members that a survey just found silent: they rest from the start instead of costing the first chunks a timeout. */
  readonly silent?: ReadonlySet<PeerName>;
  /** Peers outside the table that may have chunks (from the DHT). They are read from after all members (P4). */
  readonly others?: readonly PeerName[];
  /** Sealed bytes of all puts under way, each chunk counted once. */
  readonly maxWriteBytes?: number;
  /** Sealed bytes of all gets under way; each counts as the largest chunk there is, as its size is not known before. */
  readonly maxReadBytes?: number;
  /** Resolves when so many bytes may be sent (T4): awaited for each chunk, with all its copies, before the first is begun. */
  readonly pace?: (bytes: number, signal: AbortSignal | undefined) => Promise<void>;
}

const DEFAULT_WRITE_BYTES = 32 * MiB;
const DEFAULT_READ_BYTES = 16 * MAX_SEALED_BYTES;

export class MeshStore implements ChunkStore, CopyLookup {
  readonly #options: MeshStoreOptions;
  /** Members of the table, then the others. */
  readonly #holders: ReadonlyMap<PeerName, Holder>;
  readonly #writable: ReadonlyMap<PeerName, Holder>;
  readonly #orders = new Map<number, readonly PeerName[]>();
  readonly #writes: ByteGate;
  readonly #reads: ByteGate;
  readonly #hedges = new HedgeBudget();
  readonly #prober: Prober;

  constructor(options: MeshStoreOptions) {
    this.#options = options;
    const members = options.table.members.map((member) => member.peer);
    const peers = [...new Set([...members, ...(options.others ?? [])])];
    this.#holders = new Map(peers.map((peer) => [peer, new Holder(peer, options.remote(peer))]));
    const nowMs = options.clock.monotonicMs();
    for (const peer of options.silent ?? []) this.#holders.get(peer)?.breaker.failed(nowMs, nowMs, 'stall');
    const writable = members.filter((peer) => !options.avoid?.has(peer));
    this.#writable = new Map([...this.#holders].filter(([peer]) => writable.includes(peer)));
    this.#writes = new ByteGate(options.maxWriteBytes ?? DEFAULT_WRITE_BYTES);
    this.#reads = new ByteGate(options.maxReadBytes ?? DEFAULT_READ_BYTES);
    this.#prober = new Prober(options.clock);
  }

  /** `holders` are exactly those whose receipt was verified: at most the table's copies, fewer when no others can be used. */
  async put(chunk: SealedChunk, { signal }: WaitOptions = {}): Promise<PutResult> {
    const release = await this.#writes.acquire(chunk.bytes.length, signal);
    try {
      this.#prober.wake(this.#holders.values(), chunk.digest);
      const { table, vault, clock, avoid, pace } = this.#options;
      await pace?.(chunk.bytes.length * table.copies, signal);
      const group = groupOf(chunk.digest);
      return await putChunk({
        chunk,
        copies: table.copies,
        holders: this.#writable,
        orderWithout: (without) =>
          without.size === 0 && !avoid?.size
            ? this.#orderOf(group)
            : holderOrder(table, vault, group, new Set([...without, ...(avoid ?? [])])),
        clock,
        signal,
      });
    } finally {
      release();
    }
  }

  /** Never `undefined`. Throws 'unavailable' (some holders do not answer), 'lost' (all answer, none has it). */
  async get(digest: Digest, { signal }: WaitOptions = {}): Promise<Uint8Array> {
    const release = await this.#reads.acquire(MAX_SEALED_BYTES, signal);
    try {
      this.#prober.wake(this.#holders.values(), digest);
      return await readChunk({
        digest,
        holders: this.#candidates(digest),
        placed: this.#options.table.copies,
        hedges: this.#hedges,
        clock: this.#options.clock,
        signal,
      });
    } finally {
      release();
    }
  }

  /** True where at least one holder says that it has the chunk. Throws 'unavailable' when nobody answers. */
  async has(digests: readonly Digest[], { signal }: WaitOptions = {}): Promise<readonly boolean[]> {
    if (digests.length === 0) return [];
    if (this.#holders.size === 0) throw new VaultError('unavailable', 'no holder of this vault is known');
    return askWhoHas({
      digests,
      candidates: (digest) => this.#candidates(digest),
      placed: this.#options.table.copies,
      clock: this.#options.clock,
      signal,
    });
  }

  /** Of members that may be written to: the others' copies do not count (P2). */
  countCopies(
    digests: readonly Digest[],
    { signal }: WaitOptions = {},
  ): Promise<{ readonly copies: readonly number[]; readonly silent: number }> {
    return countCopies(digests, [...this.#writable.values()], this.#options.clock, signal);
  }

  /** One line for each holder, members first. */
  stats(): readonly HolderStats[] {
    const nowMs = this.#options.clock.monotonicMs();
    return [...this.#holders.values()].map((holder) => holder.stats(nowMs));
  }

  /** It failed a while ago, or was silent, and has not answered since. */
  isResting(peer: PeerName): boolean {
    return this.#holders.get(peer)?.resting(this.#options.clock.monotonicMs()) === true;
  }

  /** Stops what runs in the background. Puts and gets under way go on. */
  close(): Promise<void> {
    return this.#prober.close();
  }

  #orderOf(group: number): readonly PeerName[] {
    const known = this.#orders.get(group);
    if (known) return known;
    const order = holderOrder(this.#options.table, this.#options.vault, group);
    this.#orders.set(group, order);
    return order;
  }

  #candidates(digest: Digest): Holder[] {
    const names = new Set([...this.#orderOf(groupOf(digest)), ...this.#holders.keys()]);
    return [...names].flatMap((peer) => this.#holders.get(peer) ?? []);
  }
}
