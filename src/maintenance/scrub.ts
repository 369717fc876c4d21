/** Reads everything this peer keeps on a rotating schedule, one group at a time, so that bit rot is found while others have copies (R4). */
import { isVaultError } from '../model/errors.ts';
import { type Digest, GROUPS } from '../model/ids.ts';
import type { KeeperContext } from './keeper-context.ts';
import type { ScrubFigures } from './keeper-status.ts';
import type { VaultView } from './vault-view.ts';

/** Where the schedule stands; kept across restarts. */
export interface ScrubPlace {
  /** The next group to read. */
  readonly group: number;
  /** When the last whole pass ended, by the wall clock here. */
  readonly lastPassMs?: number | undefined;
}

const BATCH = 64;

export class Scrub {
  readonly #context: KeeperContext;
  #place: ScrubPlace;
  #checked = 0;
  #damaged = 0;

  constructor(context: KeeperContext, place: ScrubPlace) {
    this.#context = context;
    this.#place = place;
  }

  get place(): ScrubPlace {
    return this.#place;
  }

  figures(): ScrubFigures {
    const { group, lastPassMs } = this.#place;
    return {
      ...(lastPassMs === undefined ? {} : { lastPassMs }),
      progress: group / GROUPS,
      checked: this.#checked,
      damaged: this.#damaged,
    };
  }

  /** Reads one group of every vault. True when something was found that has to be fetched again. */
  async step(views: readonly VaultView[], signal: AbortSignal): Promise<boolean> {
    const { group } = this.#place;
    const before = this.#damaged;
    for (const view of views) await this.#group(view, group, signal);
    const next = (group + 1) % GROUPS;
    this.#place =
      next === 0 ? { group: 0, lastPassMs: this.#context.clock.now() } : { ...this.#place, group: next };
    return this.#damaged > before;
  }

  async #group(view: VaultView, group: number, signal: AbortSignal): Promise<void> {
    let after: Digest | undefined;
    for (;;) {
      const batch = view.holding.books.keptLive(group, BATCH, after);
      after = batch.at(-1)?.digest;
      if (!after) return;
      for (const { digest, size } of batch) {
        await this.#context.throttle.take(size, signal);
        await this.#read(view, digest, signal);
      }
    }
  }

  async #read(view: VaultView, digest: Digest, signal: AbortSignal): Promise<void> {
    this.#checked += 1;
    try {
      const bytes = await view.holding.chunks.get(digest, { signal });
      const kept = view.holding.books.of(digest)?.keeping === 'kept';
      if (bytes || !kept) return;
      this.#damaged += 1;
    } catch (error) {
      signal.throwIfAborted();
      if (!isVaultError(error)) throw error;
      this.#damaged += 1; // what is damaged is in quarantine now, and fetched again like anything missing
      this.#context.detail(`scrub: ${error.message}`);
    }
  }
}
