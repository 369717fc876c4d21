/** The copies of all groups and the work to make them what the policy wants: fetch at a limited rate, worst first; trim what is too much. */
import { GROUPS } from '../../model/ids.ts';
import type { Roles } from '../../policy/roles.ts';
import { CopyBook } from './copy-book.ts';
import { GroupTable } from './group-table.ts';
import type { ModelSettings } from './model-settings.ts';
import type { ModelPeer, Population, PullCause } from './population.ts';

export interface CopiesOptions {
  readonly settings: ModelSettings;
  readonly population: Population;
  /** Has the end of a pull come at `dueMs`; `pulls` tells which pull of that peer it is. */
  readonly schedule: (dueMs: number, peer: number, pulls: number) => void;
}

export class Copies {
  readonly book: CopyBook;
  readonly pulledBytes: Record<PullCause, number> = { lost: 0, extra: 0, table: 0, back: 0 };
  readonly lostVaults: Set<number> = new Set();
  trimmed = 0;
  readonly #settings: ModelSettings;
  readonly #population: Population;
  readonly #schedule: CopiesOptions['schedule'];
  readonly #holders: GroupTable;
  readonly #wanted: GroupTable;
  readonly #groupBytes: number;

  constructor({ settings, population, schedule }: CopiesOptions) {
    this.#settings = settings;
    this.#population = population;
    this.#schedule = schedule;
    this.#holders = new GroupTable(settings.vaults);
    this.#wanted = new GroupTable(settings.vaults);
    this.#groupBytes = settings.vaultBytes / GROUPS;
    this.book = new CopyBook(settings.vaults * GROUPS, settings.copies);
  }

  /** The first backup: every keeper has its copy. */
  begin(group: number, roles: Roles): void {
    const keepers = roles.keepers.map((name) => this.#population.numberOf(name));
    this.#wanted.set(group, keepers);
    for (const keeper of keepers) {
      if (this.#holders.add(group, keeper)) this.#population.at(keeper).usedBytes += this.#groupBytes;
    }
  }

  heldIn(vault: number, peer: ModelPeer): readonly number[] {
    return this.#holders.groupsOf(vault, peer.number);
  }

  wantedIn(vault: number, peer: ModelPeer): readonly number[] {
    return this.#wanted.groupsOf(vault, peer.number);
  }

  holdersOf(group: number): readonly number[] {
    return this.#holders.peersOf(group);
  }

  wantedOf(group: number): readonly number[] {
    return this.#wanted.peersOf(group);
  }

  /** A new decision about a group: whoever should have it and does not begins to fetch. */
  want(group: number, roles: Roles, cause: PullCause, nowMs: number): void {
    const wanted = [...roles.keepers, ...roles.extras].map((name) => this.#population.numberOf(name));
    this.#wanted.set(group, wanted);
    for (const number of wanted) {
      if (this.#holders.has(group, number)) continue;
      const peer = this.#population.at(number);
      if (peer.gone) continue;
      if (!peer.queue.has(group)) peer.queue.set(group, cause);
      this.work(peer, nowMs);
    }
    this.trim(group, nowMs);
  }

  /** Starts the most urgent pull of an idle peer: the group with the fewest copies that somebody who is up can give. */
  work(peer: ModelPeer, nowMs: number): void {
    if (!peer.up || peer.pulling !== undefined) return;
    let best: number | undefined;
    let fewest = Number.POSITIVE_INFINITY;
    for (const group of peer.queue.keys()) {
      if (!this.#wanted.has(group, peer.number) || this.#holders.has(group, peer.number)) {
        peer.queue.delete(group);
        continue;
      }
      const count = this.#holders.count(group);
      if (count < fewest && this.#hasSource(group)) {
        best = group;
        fewest = count;
      }
    }
    if (best === undefined) return;
    peer.pulling = best;
    peer.pulls++;
    const ms = (1000 * this.#groupBytes) / this.#settings.repairBytesPerSecond;
    this.#schedule(nowMs + ms, peer.number, peer.pulls);
  }

  /** The end of a pull. One that lost its last source meanwhile is tried again when a source is back. */
  pulled(peer: ModelPeer, nowMs: number): void {
    const group = peer.pulling;
    peer.pulling = undefined;
    if (group !== undefined && this.#hasSource(group)) {
      const cause = peer.queue.get(group) ?? 'lost';
      peer.queue.delete(group);
      peer.pulledBytes += this.#groupBytes;
      this.pulledBytes[cause] += this.#groupBytes;
      if (this.#wanted.has(group, peer.number)) {
        this.#gain(group, peer, nowMs);
        this.trim(group, nowMs);
      }
    }
    this.work(peer, nowMs);
  }

  /** Somebody who has copies is back: who waited for a source goes on, and what is too much may go. */
  sourceIsBack(group: number, nowMs: number): void {
    for (const number of this.#wanted.peersOf(group)) this.work(this.#population.at(number), nowMs);
    this.trim(group, nowMs);
  }

  /** A peer is gone for good: so is its copy. True when it was the last one. */
  destroy(group: number, peer: ModelPeer, nowMs: number): boolean {
    this.#lose(group, peer, nowMs, true);
    if (this.#holders.count(group) > 0) return false;
    this.lostVaults.add(Math.floor(group / GROUPS));
    return true;
  }

  /** After a loss has been counted, the group begins anew with the first of `order` that are up, so that rates of loss stay rates. */
  putAnew(group: number, order: readonly number[], nowMs: number): void {
    const up = order.filter((number) => this.#isUp(number)).slice(0, this.#settings.copies);
    for (const number of up) this.#gain(group, this.#population.at(number), nowMs);
  }

  /** R3: who is no keeper lets go as soon as `copies` others who should have it, and are up, do have it. */
  trim(group: number, nowMs: number): void {
    const holders = this.#holders.peersOf(group);
    if (holders.length <= this.#settings.copies) return;
    const proven = holders.filter((number) => this.#wanted.has(group, number) && this.#isUp(number));
    if (proven.length < this.#settings.copies) return;
    for (const number of holders) {
      if (this.#wanted.has(group, number) || !this.#isUp(number)) continue;
      this.#lose(group, this.#population.at(number), nowMs, false);
      this.trimmed++;
    }
  }

  #gain(group: number, peer: ModelPeer, nowMs: number): void {
    if (!this.#holders.add(group, peer.number)) return;
    peer.usedBytes += this.#groupBytes;
    this.book.note(group, this.#holders.count(group), nowMs, false);
  }

  #lose(group: number, peer: ModelPeer, nowMs: number, failed: boolean): void {
    if (!this.#holders.remove(group, peer.number)) return;
    peer.usedBytes -= this.#groupBytes;
    this.book.note(group, this.#holders.count(group), nowMs, failed);
  }

  #hasSource(group: number): boolean {
    return this.#holders.peersOf(group).some((number) => this.#isUp(number));
  }

  #isUp(number: number): boolean {
    return this.#population.at(number).up;
  }
}
