/** Compares each vault with each of its other members: who they are, what the logs say, what each keeps (R1, R2, L3). */

import type { Advert } from '../format/advert.ts';
import { bytesEqual } from '../model/bytes.ts';
import { isVaultError } from '../model/errors.ts';
import { DIGEST_BYTES, keyOf, type PeerName } from '../model/ids.ts';
import type { CompareAnswer, CompareAsk } from '../protocol/holder-duties.ts';
import { vaultLogsHash } from '../protocol/logs-hash.ts';
import type { RemotePeer } from '../protocol/remote-peer.ts';
import type { Clock } from '../runtime/clock.ts';
import { eachOf } from '../runtime/each-of.ts';
import type { Random } from '../runtime/random.ts';
import type { Contacts } from './contacts.ts';
import type { HealthWatch } from './health-watch.ts';
import type { LogPull } from './log-pull.ts';
import { takeMembers } from './member-pull.ts';
import { Patience } from './patience.ts';
import type { VaultView } from './vault-view.ts';

const AT_ONCE = 16;
/** A peer that is lost is dialled in one round of this many: should it come back, it asks us at once. */
const LOST_SHARE = 8;
/** Before the second invitation; later ones wait longer. */
const INVITED_MS = 60_000;
const NOTHING_SEEN = new Uint8Array(DIGEST_BYTES);

export interface CompareOptions {
  readonly contacts: Contacts;
  readonly watch: HealthWatch;
  readonly logs: LogPull;
  readonly clock: Clock;
  readonly random: Random;
  readonly detail: (message: string) => void;
}

export class Compare {
  readonly #options: CompareOptions;
  /** What peers say of themselves, asked once. */
  readonly #adverts = new Map<PeerName, Advert>();

  readonly #patience: Patience<string>;

  constructor(options: CompareOptions) {
    this.#options = options;
    this.#patience = new Patience(options.clock, INVITED_MS);
  }

  /** '' for one that has never told. */
  nameOf(peer: PeerName): string {
    return this.#adverts.get(peer)?.name ?? '';
  }

  /** Tag of the machine it runs on; '' for one that has never told. */
  machineOf(peer: PeerName): string {
    return this.#adverts.get(peer)?.machine ?? '';
  }

  /** One round: every other member of every vault. A peer that fails delays nobody but itself. */
  async round(views: readonly VaultView[], signal: AbortSignal): Promise<void> {
    const asked = (view: VaultView, peer: PeerName): boolean =>
      view.healthOf(peer) !== 'lost' || this.#options.random.fraction() * LOST_SHARE < 1;
    const pairs = views.flatMap((view) =>
      view.others.filter((peer) => asked(view, peer)).map((peer) => ({ view, peer })),
    );
    await eachOf(pairs, AT_ONCE, ({ view, peer }) => this.withPeer(view, peer, signal));
    const present = new Set(pairs.map(({ view, peer }) => `${peer} ${keyOf(view.vault)}`));
    this.#patience.keep((subject) => present.has(subject));
  }

  /** Asks one peer about one vault, and takes over what it has more. */
  async withPeer(view: VaultView, peer: PeerName, signal: AbortSignal): Promise<void> {
    const { contacts, detail } = this.#options;
    try {
      const asked = await contacts.ask(
        peer,
        view.vault,
        (remote) => this.#exchange(view, remote, signal),
        signal,
      );
      if (asked.kind === 'refused') detail(`peer ${peer} does not compare: ${asked.error.message}`);
    } catch (error) {
      signal.throwIfAborted();
      if (!isVaultError(error)) throw error;
      detail(`comparing with peer ${peer} ended early: ${error.message}`);
    }
  }

  async #exchange(view: VaultView, remote: RemotePeer, signal: AbortSignal): Promise<void> {
    const known = view.coHolder(remote.peer);
    const ask: CompareAsk = {
      members: view.memberList().hash,
      logs: vaultLogsHash(view.holding),
      seen: known?.table ? known.answer.holdings : NOTHING_SEEN,
    };
    const answer = await remote.compare(ask, { signal });
    if (!this.#adverts.has(remote.peer)) this.#adverts.set(remote.peer, await remote.info({ signal }));
    view.note(remote.peer, answer, this.#options.clock.monotonicMs());
    const accuses = view.isSigned(remote.peer) ? answer.accuses : [];
    this.#options.watch.accused(remote.peer, view.vault, accuses);
    if (answer.known) {
      await this.#takeOver(view, remote, ask, answer, signal);
      view.compared(remote.peer, this.#options.clock.monotonicMs());
      // It has lost its table, or recruits: without them it knows nobody to ask.
      const { hash } = view.memberList();
      if (bytesEqual(hash, ask.members) && !bytesEqual(answer.members, hash))
        await this.#invite(view, remote, signal);
    } else await this.#invite(view, remote, signal);
  }

  /** A member that knows nothing of the vault yet, or any more. One that does not want to is not asked every minute. */
  async #invite(view: VaultView, remote: RemotePeer, signal: AbortSignal): Promise<void> {
    const subject = `${remote.peer} ${keyOf(view.vault)}`;
    const { list, hash } = view.memberList();
    if (!this.#patience.mayTry(subject, keyOf(hash))) return;
    const accepted = await remote.invite(list, { signal });
    this.#patience.tried(subject, keyOf(hash), accepted);
  }

  async #takeOver(
    view: VaultView,
    remote: RemotePeer,
    ask: CompareAsk,
    answer: CompareAnswer,
    signal: AbortSignal,
  ): Promise<void> {
    if (!bytesEqual(answer.members, ask.members)) {
      await takeMembers(view.holding, await remote.members({ signal }));
    }
    if (!bytesEqual(answer.logs, ask.logs)) await this.#options.logs.pull(remote, view.holding, signal);
  }
}
