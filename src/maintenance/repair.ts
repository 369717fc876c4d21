/** Fetches what this peer should keep and does not have, from whoever has it: worst first, limited in rate, few at once (R2). */
import { isVaultError } from '../model/errors.ts';
import { eachOf } from '../runtime/each-of.ts';
import type { Contacts } from './contacts.ts';
import type { KeeperContext } from './keeper-context.ts';
import { Patience } from './patience.ts';
import type { VaultView } from './vault-view.ts';
import { type Wanted, WantedPass } from './wanted.ts';

/** When nobody gives what he says to have. */
const ASKED_MORE = 64;

export class Repair {
  readonly #context: KeeperContext;
  readonly #contacts: Contacts;
  /** Chunks of the present or last pass that nobody who answered had. */
  #unavailable = new Map<VaultView, number>();
  /** A vault of which chunks are lost is not searched for them every minute. */
  readonly #patience: Patience<VaultView>;
  /** What each vault may take here, as far as repair has come up against it. */
  readonly limits: WeakMap<VaultView, number> = new WeakMap();
  repairedChunks = 0;
  repairedBytes = 0;

  constructor(context: KeeperContext, contacts: Contacts) {
    this.#context = context;
    this.#contacts = contacts;
    this.#patience = new Patience(context.clock, context.settings.syncMs);
  }

  unavailable(view: VaultView): number {
    return this.#unavailable.get(view) ?? 0;
  }

  /** One pass over all that is missing; `views` is asked again and again, as roles change while a long pass runs. */
  async pass(views: () => readonly VaultView[], signal: AbortSignal): Promise<void> {
    const { network, settings } = this.#context;
    const keys = new Map(views().map((view) => [view, outlookOf(view)]));
    const due = (view: VaultView): boolean => this.#patience.mayTry(view, keys.get(view) ?? outlookOf(view));
    const pass = new WantedPass(this.#contacts, network.self);
    const unavailable = new Map<VaultView, number>();
    const full = new Set<VaultView>();
    for (;;) {
      const wanted = await pass.next(
        views().filter((view) => !full.has(view) && due(view)),
        signal,
      );
      if (wanted.length === 0) break;
      await eachOf(wanted, settings.repairAtOnce, async (one) => {
        if (full.has(one.view) || (await this.#fetch(one, full, signal))) return;
        unavailable.set(one.view, (unavailable.get(one.view) ?? 0) + 1);
      });
    }
    for (const [view, key] of keys) {
      const fruitless = (unavailable.has(view) || full.has(view)) && outlookOf(view) === key;
      if (due(view)) this.#patience.tried(view, key, !fruitless);
      else unavailable.set(view, this.unavailable(view));
    }
    this.#patience.keep((view) => keys.has(view));
    this.#unavailable = unavailable;
  }

  /** True when the chunk is here now, or there is no room for it (then its vault is `full`). */
  async #fetch(wanted: Wanted, full: Set<VaultView>, signal: AbortSignal): Promise<boolean> {
    const { view, digest, size, sources } = wanted;
    if (sources.length === 0) return false;
    await this.#context.throttle.take(size, signal);
    // Who says that he has it may lie: then those are asked who said no, as they may have it in the trash, or were not asked before.
    const others = view.others.filter((peer) => view.isLive(peer) && !sources.includes(peer));
    for (const peer of [...sources, ...others.slice(0, ASKED_MORE)]) {
      const asked = await this.#contacts.ask(
        peer,
        view.vault,
        (remote) => remote.get(digest, { signal }),
        signal,
      );
      if (asked.kind === 'refused') this.#context.detail(`repair: ${asked.error.message}`);
      if (asked.kind === 'answer' && asked.value) return this.#keep(wanted, asked.value, full, signal);
    }
    return false;
  }

  async #keep(
    { view, digest }: Wanted,
    bytes: Uint8Array,
    full: Set<VaultView>,
    signal: AbortSignal,
  ): Promise<boolean> {
    try {
      await view.holding.chunks.put({ digest, bytes }, { signal });
      this.repairedChunks += 1;
      this.repairedBytes += bytes.length;
      return true;
    } catch (error) {
      signal.throwIfAborted();
      if (!isVaultError(error)) throw error;
      this.#context.detail(`repair could not store a chunk: ${error.message}`);
      if (error.code === 'no-space') full.add(view);
      if (error.data?.limit === 'vault-bytes') {
        const { chunkBytes, logBytes } = view.holding.occupied();
        this.limits.set(view, chunkBytes + logBytes); // a part of it is for logs only, so this is all there is for chunks
      }
      return error.code === 'no-space';
    }
  }
}

/** What can be found and kept depends on it: how much is missing, who might have it, and what room it could take. */
function outlookOf(view: VaultView): string {
  const { missing, kept, trash } = view.holding.books.counts();
  const live = view.others.filter((peer) => view.isLive(peer)).length;
  return `${missing} ${kept} ${trash} ${live} ${view.others.length}`;
}
