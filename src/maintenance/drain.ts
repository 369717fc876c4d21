/** Finds out whether this peer may be switched off: everything live it keeps has all its copies elsewhere, as they have proved (R5). */
import { bytesEqual } from '../model/bytes.ts';
import { type Digest, GROUPS, type PeerName } from '../model/ids.ts';
import { vaultLogsHash } from '../protocol/logs-hash.ts';
import type { Contacts } from './contacts.ts';
import { hasGroup } from './group-bits.ts';
import type { KeeperContext } from './keeper-context.ts';
import { PossessionCheck } from './possession-check.ts';
import type { VaultView } from './vault-view.ts';

const BATCH = 32;
const WORD_BYTES = 8;
/** For this part of a lease what was pledged may be relied on: after that others may let go of what they had, or have lost it. */
const USABLE_SHARE = 0.5;

/** What was proved of one group: holds for as long as the same chunks are kept here. */
interface ProvenGroup {
  readonly kept: Uint8Array;
  readonly atMs: number;
  readonly safe: boolean;
}

export class Drain {
  readonly #context: KeeperContext;
  readonly #check: PossessionCheck;
  /** Per vault and group; 256 small entries a vault. */
  readonly #proven = new Map<VaultView, Map<number, ProvenGroup>>();

  constructor(context: KeeperContext, contacts: Contacts) {
    this.#context = context;
    this.#check = new PossessionCheck(context, contacts);
  }

  /** Asks for proofs where there are none or old ones. */
  async round(views: readonly VaultView[], signal: AbortSignal): Promise<void> {
    for (const view of this.#proven.keys()) if (!views.includes(view)) this.#proven.delete(view);
    for (const view of views) {
      for (let group = 0; group < GROUPS; group++) {
        if (!this.#isSafe(view, group)) await this.#prove(view, group, signal);
      }
    }
  }

  /** Begins anew. */
  forget(): void {
    this.#proven.clear();
  }

  /** Live chunks here of which that is not proved, or which still lie in the trash. */
  unsafeChunks(views: readonly VaultView[]): number {
    let unsafe = 0;
    for (const view of views) {
      unsafe += view.holding.books.counts().restorable;
      for (let group = 0; group < GROUPS; group++) {
        if (!this.#isSafe(view, group)) unsafe += view.holding.books.groupCounts(group).kept;
      }
    }
    return unsafe;
  }

  /** Also the logs are elsewhere: without them nobody would know what the chunks are for. */
  safeToLeave(views: readonly VaultView[]): boolean {
    return this.unsafeChunks(views) === 0 && views.every((view) => this.#logsElsewhere(view));
  }

  #logsElsewhere(view: VaultView): boolean {
    if (view.holding.logs.heads().length === 0) return true;
    const own = vaultLogsHash(view.holding);
    const equal = [...view.coHolders()].filter(
      ([peer, { answer }]) => view.isLive(peer) && view.isSound(peer) && bytesEqual(answer.logs, own),
    );
    return equal.length >= view.copies;
  }

  #isSafe(view: VaultView, group: number): boolean {
    const { books } = view.holding;
    if (books.groupCounts(group).kept === 0) return true;
    const proven = this.#proven.get(view)?.get(group);
    if (!proven?.safe || !bytesEqual(proven.kept, keptOf(view, group))) return false;
    const { clock, settings } = this.#context;
    return clock.monotonicMs() - proven.atMs < USABLE_SHARE * settings.leaseMs;
  }

  async #prove(view: VaultView, group: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#context;
    const kept = keptOf(view, group);
    const ofView = this.#proven.get(view) ?? new Map<number, ProvenGroup>();
    this.#proven.set(view, ofView);
    const atMs = clock.monotonicMs();
    ofView.set(group, { kept, atMs, safe: await this.#allElsewhere(view, group, signal) });
  }

  /** They pledge as for a removal: otherwise one could rely on a peer that is about to leave, or to remove its copy, relying on us. */
  async #allElsewhere(view: VaultView, group: number, signal: AbortSignal): Promise<boolean> {
    const keepers = view.keepers(group).filter((peer) => this.#stays(view, group, peer));
    if (keepers.length < view.copies) return false;
    const live = view.holding.books.liveDigests();
    if (!keepers.every((peer) => view.hasWhole(peer, group, live))) return false; // still fetching: do not ask yet
    for (let after: Digest | undefined; ; ) {
      const digests = view.holding.books.keptLive(group, BATCH, after).map(({ digest }) => digest);
      after = digests.at(-1);
      if (!after) return true;
      const { by } = await this.#check.ask({ view, group, digests, pledge: true }, keepers, signal);
      if (!by.every((peers) => view.maySpare(peers))) return false;
    }
  }

  #stays(view: VaultView, group: number, peer: PeerName): boolean {
    if (peer === this.#context.network.self || !view.isLive(peer) || !view.isSound(peer)) return false;
    const declines = view.coHolder(peer)?.answer.declines;
    return declines === undefined || !hasGroup(declines, group);
  }
}

function keptOf(view: VaultView, group: number): Uint8Array {
  return view.holding.books.keptDigests().slice(group * WORD_BYTES, (group + 1) * WORD_BYTES);
}
