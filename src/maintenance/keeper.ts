/** The upkeep of a peer: its loops, what they remember, and what the peer answers others for it (R1-R5, L4). */
import { isVaultError } from '../model/errors.ts';
import { keyOf } from '../model/ids.ts';
import type { ClockMark } from '../policy/retention-clock.ts';
import { Loop } from '../runtime/loop.ts';
import { Duties } from './duties.ts';
import type { KeeperContext } from './keeper-context.ts';
import { type KeeperParts, keeperParts } from './keeper-parts.ts';
import { type KeeperState, writeKeeperState } from './keeper-state.ts';
import type { KeeperStatus } from './keeper-status.ts';
import { relieve } from './relieve.ts';
import { statusOf } from './status-of.ts';
import { lookAtClock, tidyVaults } from './tidy-vaults.ts';
import type { Outlook } from './vault-view.ts';

const GROUP_STEPS = 256;
/** The first round comes soon, so that a peer that was away learns what happened. */
const FIRST_SYNC_MS = 5000;
/** What changes all the time is written this often at most, everything else at once. */
const WRITE_MS = 300_000;

export type LoopName = 'sync' | 'repair' | 'trim' | 'drain' | 'audit' | 'scrub' | 'tidy' | 'recruit';

type Run = (signal: AbortSignal) => Promise<void>;

export class Keeper {
  readonly duties: Duties;
  readonly #context: KeeperContext;
  readonly #parts: KeeperParts;
  readonly #loops: { readonly [Name in LoopName]: Loop };
  readonly #startedMs: number;
  readonly #relieved: ReadonlyMap<string, Uint8Array>;
  #clock: ClockMark | undefined;
  #draining: boolean;
  #written = '';
  #writtenMs = Number.NEGATIVE_INFINITY;

  /** `version`: of our own software. */
  constructor(context: KeeperContext, state: KeeperState, version: string) {
    this.#context = context;
    this.#clock = state.clock;
    this.#draining = state.draining;
    this.#relieved = state.relieved;
    this.#startedMs = context.clock.now();
    this.#parts = keeperParts(context, state, version);
    this.#loops = this.#makeLoops();
    this.duties = new Duties({
      ...this.#parts,
      context,
      accepting: () => !this.#draining,
      wake: () => this.#loops.sync.wake(),
    });
  }

  get draining(): boolean {
    return this.#draining;
  }

  start(): void {
    this.#refresh();
    for (const view of this.#parts.views.all()) {
      const groups = this.#relieved.get(keyOf(view.vault));
      if (groups) view.relieve(groups);
    }
    for (const loop of Object.values(this.#loops)) loop.start();
  }

  /** Runs one of the loops now, once; for tests and for whoever is impatient. */
  runOnce(name: LoopName): Promise<void> {
    return this.#loops[name].runOnce();
  }

  /** What is to be done about it begins at once. */
  async drain(on: boolean): Promise<void> {
    if (this.#draining === on) return;
    this.#draining = on;
    this.#parts.drained.forget();
    this.#refresh();
    await this.#save(true);
    this.#loops.sync.wake();
  }

  status(): KeeperStatus {
    return statusOf({
      ...this.#parts,
      draining: this.#draining,
      startedMs: this.#startedMs,
      nowMs: this.#context.clock.now(),
    });
  }

  async stop(): Promise<void> {
    await Promise.all(Object.values(this.#loops).map((loop) => loop.stop()));
    await this.#parts.contacts.close();
    try {
      await this.#save(true);
    } catch (error) {
      if (!isVaultError(error)) throw error;
      this.#context.warn(
        `upkeep: its memory could not be written, the next start begins at an earlier one: ${error.message}`,
      );
    }
  }

  halt(): void {
    for (const loop of Object.values(this.#loops)) loop.halt();
    void this.#parts.contacts.close();
  }

  #makeLoops(): { readonly [Name in LoopName]: Loop } {
    const { clock, random, settings } = this.#context;
    const { syncMs, auditMs, scrubMs, tidyMs } = settings;
    const { views, trim, drained, audit, scrub, recruit } = this.#parts;
    const onError = (error: unknown): void => {
      this.#context.warn(`upkeep: ${error instanceof Error ? error.message : String(error)}`);
    };
    const loop = (everyMs: number, run: Run): Loop => new Loop({ clock, random, everyMs, run, onError });
    const firstMs = random.fraction() * Math.min(syncMs, FIRST_SYNC_MS);
    const drain: Run = async (signal) => {
      if (this.#draining) await drained.round(views.all(), signal);
    };
    const reread: Run = async (signal) => {
      if (await scrub.step(views.all(), signal)) this.#loops.repair.wake();
    };
    const invite: Run = async (signal) => {
      if (await recruit.round(views.all(), signal)) this.#loops.sync.wake();
    };
    return {
      sync: new Loop({
        clock,
        random,
        everyMs: syncMs,
        firstMs,
        run: (signal) => this.#sync(signal),
        onError,
      }),
      repair: loop(syncMs, (signal) => this.#repair(signal)),
      trim: loop(syncMs, (signal) => trim.pass(views.all(), signal)),
      drain: loop(syncMs, drain),
      audit: loop(auditMs, (signal) => audit.round(views.all(), signal).finally(() => this.#refresh())),
      scrub: loop(scrubMs / GROUP_STEPS, reread),
      tidy: loop(tidyMs, (signal) => this.#tidy(signal)),
      recruit: loop(syncMs, invite),
    };
  }

  /** Hears everybody, learns what changed, decides anew whose task what is. */
  async #sync(signal: AbortSignal): Promise<void> {
    const { views, compare, watch, contacts, missing, repair } = this.#parts;
    this.#refresh(); // vaults and members may have come since the last round
    await compare.round(views.all(), signal);
    watch.observe(views.watched(), contacts.takeHeard());
    contacts.keepOnly(watch.watched);
    this.#refresh();
    await relieve(views.all(), this.#context.holdings, repair.limits);
    this.#tellStuck();
    missing.observe(views.all());
    if (views.all().some((view) => missing.of(view).chunks > 0)) this.#loops.repair.wake();
    if (views.all().some((view) => view.holding.books.counts().restorable > 0)) this.#loops.tidy.wake();
    await this.#save(false);
  }

  #tellStuck(): void {
    const { views, reports } = this.#parts;
    for (const view of views.all()) {
      for (const peer of view.stuck()) {
        const message = `peer ${peer} has lacked chunks for long that others have: others take its place until it has them`;
        reports.once('stuck', `stuck ${peer}`, message);
      }
    }
  }

  async #repair(signal: AbortSignal): Promise<void> {
    const { views, repair, missing } = this.#parts;
    await repair.pass(() => views.all(), signal);
    missing.observe(views.all());
  }

  async #tidy(signal: AbortSignal): Promise<void> {
    this.#clock = lookAtClock(this.#context, this.#clock);
    await tidyVaults(this.#context, this.#parts.views.all(), this.#clock, signal);
  }

  #refresh(): void {
    const { views, watch, compare } = this.#parts;
    const { network, machine } = this.#context;
    watch.watch(views.watched());
    const unsoundIn: Outlook['unsoundIn'] = (vault) => watch.unsoundIn(vault);
    const healthWith: Outlook['healthWith'] = (reportedMs) => watch.healthWith(reportedMs);
    const machineOf: Outlook['machineOf'] = (peer) =>
      peer === network.self ? machine : compare.machineOf(peer);
    views.refresh({ health: watch.health, healthWith, unsoundIn, draining: this.#draining, machineOf });
  }

  async #save(now: boolean): Promise<void> {
    const { disk, folder, clock, settings } = this.#context;
    const { views, watch, scrub } = this.#parts;
    const relieving = views.all().filter((view) => view.relieved.some((byte) => byte !== 0));
    const state: KeeperState = {
      health: watch.book,
      audits: watch.audits,
      clock: this.#clock,
      scrub: scrub.place,
      draining: this.#draining,
      relieved: new Map(relieving.map((view) => [keyOf(view.vault), view.relieved])),
    };
    const silent = state.health.silences.map(({ peer }) => peer);
    const key = JSON.stringify([
      silent,
      state.audits,
      state.scrub,
      state.draining,
      [...state.relieved.keys()],
    ]);
    const due = clock.monotonicMs() - this.#writtenMs >= Math.min(WRITE_MS, 5 * settings.syncMs);
    if (!now && !due && key === this.#written) return;
    this.#written = key;
    this.#writtenMs = clock.monotonicMs();
    await writeKeeperState(disk, folder, state);
  }
}
