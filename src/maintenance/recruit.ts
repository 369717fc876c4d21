/** Brings further peers in when a vault has too few members left, without its owner: the first in order does it, others step in (R2, R5). */
import { storagePeersKey } from '../crypto/mesh-keys.ts';
import { encodeRecruitment, MAX_RECRUITS } from '../format/recruitment.ts';
import { isVaultError } from '../model/errors.ts';
import { idText, KEY_BYTES, keyOf, type PeerName } from '../model/ids.ts';
import { type PeerFacts, type RankedPeer, rankPeers } from '../policy/rank-peers.ts';
import { chooseForZones, chooseRecruits, zonesShort } from '../policy/recruit-plan.ts';
import { weightOfScore } from '../policy/table-plan.ts';
import { collect } from '../replication/collect.ts';
import { factsOf, inspectPeer } from '../replication/inspect-peer.ts';
import { eachOf } from '../runtime/each-of.ts';
import type { Contacts } from './contacts.ts';
import type { KeeperContext } from './keeper-context.ts';
import type { VaultView } from './vault-view.ts';

/** Strangers looked at in one search; a vault needs a few. */
const INSPECTED = 48;
const INSPECT_AT_ONCE = 8;
const SETTLE_MS = 1000;
const FIRST_MS = 5000;
/** Where members are enough but crowd in too few zones, strangers from others are looked for this many times more rarely. */
const ZONES_RARER = 12;
/** Adverts belong to no vault. */
const NO_VAULT = new Uint8Array(KEY_BYTES);

export class Recruit {
  readonly #context: KeeperContext;
  readonly #contacts: Contacts;
  readonly #version: string;
  /** Since when each vault has been short of peers, by our own running time. */
  readonly #shortSinceMs = new Map<string, number>();
  /** When strangers from other zones were last looked for. */
  readonly #zonesTriedMs = new Map<string, number>();
  /** Vaults of which people were told that nobody more can be recruited. */
  readonly #told = new Set<string>();
  recruited = 0;

  /** `version`: our own software's; peers that speak another language are not invited. */
  constructor(context: KeeperContext, contacts: Contacts, version: string) {
    this.#context = context;
    this.#contacts = contacts;
    this.#version = version;
  }

  /** True when some vault has new members. */
  async round(views: readonly VaultView[], signal: AbortSignal): Promise<boolean> {
    const due = views.filter((view) => this.#isDue(view));
    const present = new Set(views.map((view) => keyOf(view.vault)));
    for (const times of [this.#shortSinceMs, this.#zonesTriedMs]) {
      for (const key of times.keys()) if (!present.has(key)) times.delete(key);
    }
    if (due.length === 0) return false;
    const strangers = await this.#inspected(due, signal);
    let changed = false;
    for (const view of due) changed = (await this.#recruitFor(view, strangers, signal)) || changed;
    return changed;
  }

  /** Short for so long that it is our turn: one period for the first of the live members, two for the second, and so on. */
  #isDue(view: VaultView): boolean {
    const { clock, network, settings } = this.#context;
    const key = keyOf(view.vault);
    const nowMs = clock.monotonicMs();
    if (!view.isMember || (view.short() === 0 && !this.#isCrowded(view, nowMs))) {
      this.#shortSinceMs.delete(key);
      return false;
    }
    const sinceMs = this.#shortSinceMs.get(key) ?? nowMs;
    this.#shortSinceMs.set(key, sinceMs);
    const live = view.members
      .map(({ peer }) => peer)
      .filter((peer) => peer === network.self || (view.isLive(peer) && view.coHolder(peer)?.answer.known))
      .toSorted();
    const turn = (live.indexOf(network.self) - (view.vault[0] ?? 0) + 256 * live.length) % live.length;
    return nowMs - sinceMs >= settings.recruitMs * (turn + 1);
  }

  /** Looked at rarely, as it seldom changes and is less urgent than a copy that is missing. */
  #isCrowded(view: VaultView, nowMs: number): boolean {
    const key = keyOf(view.vault);
    const triedMs = this.#zonesTriedMs.get(key) ?? Number.NEGATIVE_INFINITY;
    if (nowMs - triedMs < ZONES_RARER * this.#context.settings.recruitMs) return false;
    if (zonesShort({ candidates: view.crowded(), copies: view.copies }) > 0) return true;
    this.#zonesTriedMs.set(key, nowMs);
    return false;
  }

  async #recruitFor(view: VaultView, strangers: readonly PeerFacts[], signal: AbortSignal): Promise<boolean> {
    const ranking = rankPeers(strangers, { version: this.#version, avoid: view.ownMachines });
    const room = MAX_RECRUITS - view.holding.recruits.list().length;
    const short = view.short();
    if (room <= 0 && short > 0) this.#tellFull(view);
    if (short === 0) this.#zonesTriedMs.set(keyOf(view.vault), this.#context.clock.monotonicMs());
    let changed = false;
    const { members, copies } = view;
    const chosen =
      short > 0
        ? chooseRecruits({ ranking, members, gone: view.gone(), wanted: short })
        : chooseForZones({ ranking, members, candidates: view.crowded(), copies });
    for (const ranked of chosen.slice(0, Math.max(0, room))) {
      changed = (await this.#invite(view, ranked, signal)) || changed;
    }
    return changed;
  }

  /** A record says nothing of when its peer was last alive, so lost recruits keep their places until the owner signs a new table. */
  #tellFull(view: VaultView): void {
    const key = keyOf(view.vault);
    if (this.#told.has(key)) return;
    this.#told.add(key);
    this.#context.warn(
      `vault ${idText(view.vault)} needs more peers, but has had ${MAX_RECRUITS} recruits since its owner was last here: only a backup of the owner brings new ones in`,
    );
  }

  /** Only who accepts becomes a member. */
  async #invite(view: VaultView, { facts, score }: RankedPeer, signal: AbortSignal): Promise<boolean> {
    const { network, detail } = this.#context;
    const { peer, zone } = facts;
    const record = encodeRecruitment(
      { vault: view.vault, peer, zone, weight: weightOfScore(score), by: network.self },
      (message) => network.sign(message),
    );
    const { list } = view.memberList();
    const offer = { table: list.table, recruits: [...list.recruits, record] };
    const asked = await this.#contacts.ask(
      peer,
      view.vault,
      (remote) => remote.invite(offer, { signal }),
      signal,
    );
    if (asked.kind !== 'answer' || !asked.value) return false;
    if (!(await view.holding.recruits.merge([record]))) return false;
    this.recruited += 1;
    detail(`peer ${peer} was recruited: a vault had too few members`);
    return true;
  }

  /** What storage peers of the mesh say of themselves that are not members of all these vaults already. */
  async #inspected(due: readonly VaultView[], signal: AbortSignal): Promise<readonly PeerFacts[]> {
    const { network } = this.#context;
    const everywhere = due.map((view) => new Set(view.others));
    const found = (await this.#storagePeers(signal)).filter(
      (peer) => peer !== network.self && !everywhere.every((members) => members.has(peer)),
    );
    const facts: PeerFacts[] = [];
    await eachOf(this.#some(found), INSPECT_AT_ONCE, async (peer) => {
      const asked = await this.#contacts.ask(peer, NO_VAULT, (remote) => inspectPeer(remote, signal), signal);
      if (asked.kind === 'answer') facts.push(factsOf(asked.value));
    });
    return facts;
  }

  async #storagePeers(signal: AbortSignal): Promise<readonly PeerName[]> {
    const { network, meshSecret, clock } = this.#context;
    const names = new Set(network.connected());
    const search = (stop: AbortSignal): AsyncIterable<PeerName> =>
      network.find(storagePeersKey(meshSecret), { signal: stop });
    const options = { clock, settleMs: SETTLE_MS, firstMs: FIRST_MS, signal };
    try {
      await collect(search, (peer) => names.add(peer), options);
    } catch (error) {
      signal.throwIfAborted();
      if (!isVaultError(error)) throw error;
    }
    return [...names].toSorted();
  }

  /** A random few of them, so that everybody gets a share over time. */
  #some(peers: readonly PeerName[]): readonly PeerName[] {
    return peers
      .map((peer) => ({ peer, at: this.#context.random.fraction() }))
      .toSorted((a, b) => a.at - b.at)
      .slice(0, INSPECTED)
      .map(({ peer }) => peer);
  }
}
