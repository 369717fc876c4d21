/** Removes surplus copies, lazily, and never below what the owner asked for as proved and pledged by others (R3). */
import { type Digest, GROUPS, type PeerName } from '../model/ids.ts';
import type { ListedChunk } from '../store/books-types.ts';
import type { Contacts } from './contacts.ts';
import type { KeeperContext } from './keeper-context.ts';
import type { Leases } from './leases.ts';
import { Patience } from './patience.ts';
import { PossessionCheck } from './possession-check.ts';
import type { VaultView } from './vault-view.ts';

/** Chunks of one question: at the largest size a prover reads 128 MiB for it. */
const BATCH = 32;
/** What was proved may be relied on for this part of the lease it was pledged for. */
const USABLE_SHARE = 0.5;
/** Reading and proving one question's chunks at the rate for repair takes at most this part of the lease: others use that rate too. */
const PROOF_SHARE = 0.2;

export class Trim {
  readonly #context: KeeperContext;
  readonly #contacts: Contacts;
  readonly #leases: Leases;
  readonly #check: PossessionCheck;
  readonly #patience = new WeakMap<VaultView, Patience<number>>();
  trimmedChunks = 0;

  constructor(context: KeeperContext, contacts: Contacts, leases: Leases) {
    this.#context = context;
    this.#contacts = contacts;
    this.#leases = leases;
    this.#check = new PossessionCheck(context, contacts);
  }

  /** One look at every group of these vaults that is not this peer's task. */
  async pass(views: readonly VaultView[], signal: AbortSignal): Promise<void> {
    if (!this.#leases.settled) return;
    for (const view of views) {
      for (let group = 0; group < GROUPS; group++) {
        if (this.#isSurplus(view, group)) await this.#attempt(view, group, signal);
      }
    }
  }

  /** A group that others cannot take over now is not asked about every minute. */
  async #attempt(view: VaultView, group: number, signal: AbortSignal): Promise<void> {
    const patience = this.#patienceOf(view);
    const key = this.#outlook(view, group);
    if (!patience.mayTry(group, key)) return;
    const before = view.holding.books.groupCounts(group).kept;
    await this.#trimGroup(view, group, signal);
    patience.tried(group, key, view.holding.books.groupCounts(group).kept < before);
  }

  #patienceOf(view: VaultView): Patience<number> {
    const known = this.#patience.get(view);
    if (known) return known;
    const patience = new Patience<number>(this.#context.clock, this.#context.settings.syncMs);
    this.#patience.set(view, patience);
    return patience;
  }

  /** Whose task it is now, and who of them has all of it. */
  #outlook(view: VaultView, group: number): string {
    const live = view.holding.books.liveDigests();
    const keepers = view.keepers(group);
    return keepers.map((peer) => `${peer} ${view.isLive(peer)} ${view.hasWhole(peer, group, live)}`).join();
  }

  #isSurplus(view: VaultView, group: number): boolean {
    const { books } = view.holding;
    if (view.members.length === 0 || books.forked || view.taskOf(group) !== 'none') return false;
    return books.groupCounts(group).kept > 0;
  }

  async #trimGroup(view: VaultView, group: number, signal: AbortSignal): Promise<void> {
    const end = this.#leases.beginTrim(view.vault, group);
    if (!end) return;
    try {
      let after: Digest | undefined;
      for (;;) {
        const batch = this.#provable(view.holding.books.keptLive(group, BATCH, after));
        after = batch.at(-1);
        if (!after || !this.#isSurplus(view, group)) return;
        const removed = await this.#trimBatch(view, group, batch, signal);
        if (removed === undefined) return;
      }
    } finally {
      end();
    }
  }

  /** The first of them that can be read and proved while a pledge may be relied on: where pledges are short, one at a time. */
  #provable(chunks: readonly ListedChunk[]): readonly Digest[] {
    const { leaseMs, repairBytesPerSecond } = this.#context.settings;
    const roomBytes = (PROOF_SHARE * leaseMs * repairBytesPerSecond) / 1000;
    const digests: Digest[] = [];
    let bytes = 0;
    for (const { digest, size } of chunks) {
      bytes += size;
      if (bytes > roomBytes && digests.length > 0) break;
      digests.push(digest);
    }
    return digests;
  }

  /** How many were removed; `undefined` when there are too few keepers to rely on at the moment. */
  async #trimBatch(
    view: VaultView,
    group: number,
    batch: readonly Digest[],
    signal: AbortSignal,
  ): Promise<number | undefined> {
    const { network, clock, settings } = this.#context;
    const keepers = view
      .keepers(group)
      .filter((peer) => peer !== network.self && view.isLive(peer) && view.isSound(peer));
    if (keepers.length < view.copies) return undefined;
    const digests = await this.#plenty(view, batch, keepers, signal);
    if (digests.length === 0) return 0;
    const askedMs = clock.monotonicMs();
    const proven = await this.#check.ask({ view, group, digests, pledge: true }, keepers, signal);
    let removed = 0;
    for (const [i, digest] of digests.entries()) {
      const by = proven.by[i];
      if (!by || !view.maySpare(by)) continue;
      const still = (): boolean =>
        clock.monotonicMs() - askedMs < USABLE_SHARE * settings.leaseMs &&
        this.#isSurplus(view, group) &&
        view.holding.books.of(digest)?.live === true;
      if (await view.holding.chunks.remove(digest, { when: still })) removed += 1;
    }
    this.trimmedChunks += removed;
    return removed;
  }

  /** Those that enough keepers say they have: only about them it is worth asking for proofs. */
  async #plenty(
    view: VaultView,
    batch: readonly Digest[],
    keepers: readonly PeerName[],
    signal: AbortSignal,
  ): Promise<readonly Digest[]> {
    const answers = await Promise.all(
      keepers.map(async (peer) => {
        const asked = await this.#contacts.ask(
          peer,
          view.vault,
          (remote) => remote.has(batch, { signal }),
          signal,
        );
        return asked.kind === 'answer' ? asked.value : [];
      }),
    );
    return batch.filter((_, i) => answers.filter((answer) => answer[i]).length >= view.copies);
  }
}
