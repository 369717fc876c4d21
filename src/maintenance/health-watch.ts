/** Watches co-holders: who is alive, suspect, away or lost (R1), who is unsound (R4), and what is said of them elsewhere. */
import { keyOf, type PeerName, type VaultId } from '../model/ids.ts';
import {
  type AuditBook,
  type AuditOutcome,
  noteAudit,
  unsoundByAll,
  unsoundPeers,
} from '../policy/audit-book.ts';
import { type Health, type HealthBook, type HealthSettings, judge, observe } from '../policy/health.ts';
import { MAX_ACCUSED, MAX_SILENT, type SilentMember } from '../protocol/holder-duties.ts';
import type { Clock } from '../runtime/clock.ts';

export interface HealthWatchOptions {
  readonly self: PeerName;
  readonly clock: Clock;
  readonly settings: HealthSettings;
  /** A longer pause between two observations means that this machine slept: it does not count as anybody's silence. */
  readonly longestMs: number;
  readonly health: HealthBook;
  readonly audits: AuditBook;
}

export class HealthWatch {
  readonly #options: HealthWatchOptions;
  #book: HealthBook;
  #audits: AuditBook;
  #observedMs: number;
  #watched: readonly PeerName[] = [];
  #health: ReadonlyMap<PeerName, Health> = new Map();
  #braked: ReadonlySet<PeerName> = new Set();
  /** For each vault what members that its owner signed say of other members. */
  readonly #accusations = new Map<string, Map<PeerName, readonly PeerName[]>>();

  constructor(options: HealthWatchOptions) {
    this.#options = options;
    this.#book = options.health;
    this.#audits = options.audits;
    this.#observedMs = options.clock.monotonicMs();
  }

  get book(): HealthBook {
    return this.#book;
  }

  get audits(): AuditBook {
    return this.#audits;
  }

  get watched(): readonly PeerName[] {
    return this.#watched;
  }

  get health(): ReadonlyMap<PeerName, Health> {
    return this.#health;
  }

  get braked(): ReadonlySet<PeerName> {
    return this.#braked;
  }

  /**
   * With what others say of peers that do not answer us either: a newcomer, or who was off, need not count the same silence
   * from the beginning. For deciding whose task what is; whatever removes goes by `health`.
   */
  healthWith(reportedMs: ReadonlyMap<PeerName, number>): ReadonlyMap<PeerName, Health> {
    const { runningMs, silences } = this.#book;
    const longer = silences.map((one) => ({
      ...one,
      silentMs: Math.max(one.silentMs, reportedMs.get(one.peer) ?? 0),
    }));
    if (longer.every((one, i) => one.silentMs === silences[i]?.silentMs)) return this.#health;
    return judge({ runningMs, silences: longer }, this.#watched, this.#options.settings).health;
  }

  /** By our own audits, or because two others say so in this vault. */
  unsoundIn(vault: VaultId): ReadonlySet<PeerName> {
    const own = unsoundPeers(this.#audits);
    const others = this.#accusations.get(keyOf(vault));
    return others ? unsoundByAll({ self: this.#options.self, own, others }) : own;
  }

  /** Before the first observation: what the books of the last run say. */
  watch(watched: readonly PeerName[]): void {
    this.#watched = watched;
    const judged = judge(this.#book, watched, this.#options.settings);
    this.#health = judged.health;
    this.#braked = new Set(judged.braked);
  }

  observe(watched: readonly PeerName[], heard: ReadonlySet<PeerName>): void {
    const { clock, longestMs, settings } = this.#options;
    const nowMs = clock.monotonicMs();
    const elapsedMs = Math.min(longestMs, nowMs - this.#observedMs);
    this.#observedMs = nowMs;
    this.#book = observe(this.#book, { elapsedMs, watched, heard }, settings);
    this.watch(watched);
  }

  audited(peer: PeerName, outcome: AuditOutcome): void {
    this.#audits = noteAudit(this.#audits, peer, outcome);
  }

  /** `by` is a member that the owner signed: others could be one peer under many names. */
  accused(by: PeerName, vault: VaultId, accused: readonly PeerName[]): void {
    const said = this.#accusations.get(keyOf(vault)) ?? new Map<PeerName, readonly PeerName[]>();
    if (accused.length > 0) said.set(by, accused);
    else said.delete(by);
    if (said.size > 0) this.#accusations.set(keyOf(vault), said);
    else this.#accusations.delete(keyOf(vault));
  }

  /** Of our own evidence only: what we were told is not passed on. */
  accuses(members: ReadonlySet<PeerName>): readonly PeerName[] {
    return [...unsoundPeers(this.#audits)].filter((peer) => members.has(peer)).slice(0, MAX_ACCUSED);
  }

  /** How long it has been silent while we ran, for people: time under the brake is in it. */
  silentMs(peer: PeerName): number {
    const { runningMs, silences } = this.#book;
    const since = silences.find((silence) => silence.peer === peer)?.sinceMs;
    return since === undefined ? 0 : runningMs - since;
  }

  /** Of these peers, who has been silent for longer than a short break. */
  silent(members: ReadonlySet<PeerName>): readonly SilentMember[] {
    return this.#book.silences
      .filter(({ peer }) => members.has(peer) && (this.#health.get(peer) ?? 'alive') !== 'alive')
      .map(({ peer, silentMs }) => ({
        peer,
        silentMs: Math.round(silentMs),
        lost: this.#health.get(peer) === 'lost',
      }))
      .slice(0, MAX_SILENT);
  }
}
