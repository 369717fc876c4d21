/** A year of a large mesh without moving a byte: peers fail, go away and come back, and the pure policy code decides what is copied. */

import type { PeerName } from '../../model/ids.ts';
import { GROUPS } from '../../model/ids.ts';
import { SeededRandom } from '../../runtime/seeded-random.ts';
import { Copies } from './copies.ts';
import { EventQueue, type ModelEvent } from './event-queue.ts';
import { HealthView, isLiveAt, isLostAt } from './health-view.ts';
import { DAY_MS, type ModelSettings } from './model-settings.ts';
import { type ModelPeer, Population, type PullCause } from './population.ts';
import { type ModelVault, VaultBook } from './vault-book.ts';

const FAILS = 0;
const LEAVES = 1;
const RETURNS = 2;
const IS_AWAY = 3;
const IS_LOST = 4;
const PULLED = 5;
const OWNER_COMES = 6;
const JOINS = 7;
const ZONE_FAILS = 8;

const NO_ONE: ReadonlySet<PeerName> = new Set();
/** R1: never fewer living copies than this for longer than it takes to make one. */
const FEWEST_LIVE = 2;
const LONG_AWAY_FACTOR = 12;

export class MeshModel {
  readonly settings: ModelSettings;
  readonly population: Population;
  readonly vaults: VaultBook;
  readonly copies: Copies;
  readonly health: HealthView;
  readonly counts = {
    failures: 0,
    absences: 0,
    takenForLost: 0,
    newcomers: 0,
    recruits: 0,
    decisions: 0,
    events: 0,
  };
  nowMs = 0;
  #quiet = false;
  readonly #events = new EventQueue();
  readonly #chance: SeededRandom;

  constructor(settings: ModelSettings) {
    this.settings = settings;
    const seeded = new SeededRandom(`model ${settings.seed}`);
    this.#chance = seeded.fork('churn');
    this.population = new Population(settings, seeded.fork('peers'));
    this.vaults = new VaultBook(settings, this.population, seeded.fork('vaults'));
    this.health = new HealthView(settings, this.population);
    this.copies = new Copies({
      settings,
      population: this.population,
      schedule: (dueMs, peer, pulls) => this.#events.add(dueMs, PULLED, peer, pulls),
    });
    this.#begin();
  }

  /** Runs to the end of the given days. */
  run(): void {
    this.#runTo(this.settings.days * DAY_MS);
    this.copies.book.close(this.nowMs);
  }

  /** So many days more in which nobody fails or goes away; who is away comes back. */
  quiet(days: number): void {
    this.#quiet = true;
    this.#runTo(this.nowMs + days * DAY_MS);
  }

  #runTo(endMs: number): void {
    for (let event = this.#events.next(endMs); event; event = this.#events.next(endMs)) {
      this.nowMs = event.dueMs;
      this.counts.events++;
      this.#happen(event);
    }
    this.nowMs = endMs;
  }

  #begin(): void {
    for (const peer of this.population.peers) this.#expectChurn(peer);
    for (const vault of this.vaults.vaults) {
      for (let group = 0; group < GROUPS; group++) {
        this.copies.begin(vault.number * GROUPS + group, this.#decide(vault, group));
      }
      if (vault.ownerComes)
        this.#in(this.#chance.fraction() * this.settings.visitMs, OWNER_COMES, vault.number);
    }
    if (this.settings.zoneLifetimeMs > 0) {
      for (let zone = 0; zone < this.settings.zones; zone++)
        this.#in(this.#exponential(this.settings.zoneLifetimeMs), ZONE_FAILS, zone);
    }
  }

  #happen({ what, subject, detail }: ModelEvent): void {
    if (this.#quiet && (what === FAILS || what === LEAVES || what === ZONE_FAILS)) return;
    if (what === OWNER_COMES) this.#ownerComes(subject);
    else if (what === JOINS) this.#joins();
    else if (what === ZONE_FAILS) this.#zoneFails(subject);
    else this.#happenTo(this.population.at(subject), what, detail);
  }

  #happenTo(peer: ModelPeer, what: number, detail: number): void {
    if (what === PULLED) {
      if (peer.pulls === detail && peer.up) this.copies.pulled(peer, this.nowMs);
    } else if (what === FAILS) this.#fails(peer);
    else if (what === LEAVES) this.#leaves(peer);
    else if (detail !== peer.silence) return;
    else if (what === RETURNS) this.#returns(peer);
    else if (what === IS_AWAY) this.#isAway(peer);
    else this.#isLost(peer);
  }

  #in(ms: number, what: number, subject: number, detail = 0): void {
    this.#events.add(this.nowMs + ms, what, subject, detail);
  }

  #exponential(meanMs: number): number {
    return -Math.log1p(-this.#chance.fraction()) * meanMs;
  }

  #expectChurn(peer: ModelPeer): void {
    this.#in(this.#exponential(this.settings.lifetimeMs), FAILS, peer.number);
    this.#expectAbsence(peer);
  }

  #expectAbsence(peer: ModelPeer): void {
    if (this.settings.upMs > 0) this.#in(this.#exponential(this.settings.upMs), LEAVES, peer.number);
  }

  /** Silence begins; the others notice it at the next comparison after the times of R1. */
  #silence(peer: ModelPeer, lastsMs: number): void {
    const { awayMs, lostMs } = this.settings.health;
    const silentMs = peer.up ? 0 : this.nowMs - peer.silentSinceMs;
    if (peer.up) peer.silentSinceMs = this.nowMs;
    peer.up = false;
    peer.silence++;
    peer.pulling = undefined;
    this.health.forget();
    const noticedMs = this.#chance.fraction() * this.settings.syncMs;
    for (const [afterMs, what] of [
      [awayMs, IS_AWAY],
      [lostMs, IS_LOST],
    ] as const) {
      const inMs = Math.max(0, afterMs - silentMs) + noticedMs;
      if (inMs < lastsMs) this.#in(inMs, what, peer.number, peer.silence);
    }
  }

  #fails(peer: ModelPeer): void {
    if (peer.gone) return;
    peer.gone = true;
    this.counts.failures++;
    this.#silence(peer, Number.POSITIVE_INFINITY);
    for (const vault of peer.vaults) {
      for (const group of this.copies.heldIn(vault, peer)) {
        if (this.copies.destroy(group, peer, this.nowMs)) this.#putAnew(group);
      }
    }
    peer.queue.clear();
    this.#in(this.#exponential(this.settings.newcomerMs), JOINS, 0);
  }

  #putAnew(group: number): void {
    const { order } = this.#decide(this.#vault(Math.floor(group / GROUPS)), group % GROUPS);
    const numbers = order.map((name) => this.population.numberOf(name));
    this.copies.putAnew(group, numbers, this.nowMs);
  }

  #leaves(peer: ModelPeer): void {
    if (peer.gone || !peer.up) return;
    const long = this.#chance.fraction() < this.settings.longAwayShare;
    const lastsMs = this.#exponential(this.settings.awayMs) * (long ? LONG_AWAY_FACTOR : 1);
    this.counts.absences++;
    this.#silence(peer, lastsMs);
    this.#in(lastsMs, RETURNS, peer.number, peer.silence);
  }

  #returns(peer: ModelPeer): void {
    const wasAway = !isLiveAt(peer, this.nowMs, this.settings);
    const wasLost = isLostAt(peer, this.nowMs, this.settings);
    peer.up = true;
    peer.silence++;
    this.health.forget();
    if (wasLost) this.counts.takenForLost++;
    for (const number of peer.vaults) {
      if (wasLost) this.#decideAll(number, 'back');
      else if (wasAway) this.#endExtras(number, peer);
      for (const group of this.copies.heldIn(number, peer)) this.copies.sourceIsBack(group, this.nowMs);
    }
    this.copies.work(peer, this.nowMs);
    this.#expectAbsence(peer);
  }

  #endExtras(vault: number, peer: ModelPeer): void {
    for (const group of this.copies.wantedIn(vault, peer)) {
      if (this.copies.wantedOf(group).length > this.settings.copies) this.#settle(group, 'back');
    }
  }

  /** R1: only where fewer than two living keepers are left is anything done. */
  #isAway(peer: ModelPeer): void {
    const enough = Math.min(FEWEST_LIVE, this.settings.copies);
    for (const vault of peer.vaults) {
      for (const group of this.copies.wantedIn(vault, peer)) {
        const live = this.copies.wantedOf(group).filter((number) => this.#isLive(number));
        if (live.length < enough) this.#settle(group, 'extra');
      }
    }
  }

  #isLost(peer: ModelPeer): void {
    for (const vault of peer.vaults) {
      for (const group of this.copies.wantedIn(vault, peer)) this.#settle(group, 'lost');
    }
    if (peer.gone) peer.vaults.clear();
  }

  #ownerComes(number: number): void {
    const vault = this.#vault(number);
    this.health.forget();
    if (this.vaults.renewTable(vault, (peer) => isLostAt(peer, this.nowMs, this.settings)))
      this.#decideAll(number, 'table');
    this.#in(this.settings.visitMs, OWNER_COMES, number);
  }

  #joins(): void {
    const peer = this.population.join();
    this.counts.newcomers++;
    this.#expectChurn(peer);
  }

  #zoneFails(zone: number): void {
    for (const peer of this.population.peers) if (peer.zone === `zone-${zone}`) this.#fails(peer);
    this.#in(this.#exponential(this.settings.zoneLifetimeMs), ZONE_FAILS, zone);
  }

  #decideAll(vault: number, cause: PullCause): void {
    for (let group = 0; group < GROUPS; group++) this.#settle(vault * GROUPS + group, cause);
  }

  /** Decides anew who keeps a group, and brings in members when there are too few (R2). */
  #settle(group: number, cause: PullCause): void {
    const vault = this.#vault(Math.floor(group / GROUPS));
    const roles = this.#decide(vault, group % GROUPS);
    this.copies.want(group, roles, cause, this.nowMs);
    if (roles.short === 0) return;
    this.health.forget();
    if (!this.vaults.recruit(vault, roles.short)) return;
    this.counts.recruits++;
    this.#decideAll(vault.number, 'table');
  }

  #decide(vault: ModelVault, group: number): ReturnType<VaultBook['roles']> {
    this.counts.decisions++;
    const health = this.health.of(vault, this.nowMs);
    return this.vaults.roles(vault, group, {
      copies: this.settings.copies,
      health,
      unsound: NO_ONE,
      declines: NO_ONE,
    });
  }

  #isLive(number: number): boolean {
    return isLiveAt(this.population.at(number), this.nowMs, this.settings);
  }

  #vault(number: number): ModelVault {
    const vault = this.vaults.vaults[number];
    if (!vault) throw new RangeError(`no vault ${number}`);
    return vault;
  }
}
