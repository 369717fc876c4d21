/** The loop that runs a peer's schedules: looks every now and then at what is due, begins it, and raises an alarm for what does not come. */
import { VaultError } from '../../model/errors.ts';
import { alarmDue, lateMs } from '../../policy/expected-backup.ts';
import { nextRun } from '../../policy/schedule-times.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { FolderWatch } from '../../runtime/folder-watch.ts';
import { Loop } from '../../runtime/loop.ts';
import type { Random } from '../../runtime/random.ts';
import type { FolderLock } from '../folder-lock.ts';
import { closed, performRun, type Run } from './perform-run.ts';
import { alarmed, historyOf, openRun, type RunBook } from './run-book.ts';
import type { ScheduleFolder } from './schedule-folder.ts';
import type { RunReason, RunRecord, Schedule } from './schedule-types.ts';

export interface SchedulerParts {
  readonly folder: ScheduleFolder;
  readonly clock: Clock;
  readonly random: Random;
  readonly run: Run;
  /** Calls back at every change below the schedule's paths. */
  readonly watch: (schedule: Schedule, onChange: () => void) => FolderWatch;
  readonly onBattery: () => Promise<boolean>;
  /** The alarm's own command. */
  readonly alarm: (schedule: Schedule, text: string, signal: AbortSignal) => Promise<void>;
  readonly onWarning: (message: string) => void;
  readonly onDetail: (message: string) => void;
  /** Between two looks; 2 s unless said. */
  readonly everyMs?: number;
}

const LOOK_MS = 2000;

interface Watched {
  /** Which schedule of that name it is. */
  readonly addedMs: number;
  readonly watch: FolderWatch;
  changes: { firstMs: number; lastMs: number } | undefined;
}

interface Running {
  readonly home: string;
  readonly stop: AbortController;
  readonly ended: Promise<void>;
}

export class Scheduler {
  readonly #parts: SchedulerParts;
  readonly #loop: Loop;
  readonly #running = new Map<string, Running>();
  readonly #watched = new Map<string, Watched>();
  readonly #told = new Set<string>();

  constructor(parts: SchedulerParts) {
    this.#parts = parts;
    this.#loop = new Loop({
      clock: parts.clock,
      random: parts.random,
      everyMs: parts.everyMs ?? LOOK_MS,
      firstMs: 0,
      run: (signal) => this.#look(signal),
      onError: (error) => this.#warnOnce(`schedules: ${wordsOf(error)}`),
    });
  }

  start(): void {
    this.#loop.start();
  }

  /** Looks once now; what is due has begun when it resolves. */
  lookNow(): Promise<void> {
    return this.#loop.runOnce();
  }

  /** Stops what runs, cleanly, and resolves when it has ended. */
  async stop(): Promise<void> {
    await this.#loop.stop();
    for (const { stop } of this.#running.values())
      stop.abort(new VaultError('closed', 'the peer is stopping'));
    await this.idle();
    for (const { watch } of this.#watched.values()) watch.close();
    this.#watched.clear();
  }

  /** Resolves when nothing runs that runs now. */
  async idle(): Promise<void> {
    await Promise.all([...this.#running.values()].map(({ ended }) => ended));
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { folder, clock } = this.#parts;
    const { schedules, damaged } = await folder.all();
    for (const each of damaged) this.#warnOnce(`the schedule ${each}`);
    const names = new Set(schedules.map(({ name }) => name));
    for (const [name, { stop }] of this.#running) {
      if (!names.has(name)) stop.abort(new VaultError('interrupted', 'the schedule was removed'));
    }
    for (const name of this.#watched.keys()) if (!names.has(name)) this.#unwatch(name);
    const pausedMs = await folder.pausedUntilMs();
    for (const schedule of schedules) {
      if (signal.aborted) return;
      if (!this.#running.has(schedule.name)) await this.#lookAt(schedule, pausedMs, clock.now(), signal);
    }
  }

  async #lookAt(
    schedule: Schedule,
    pausedMs: number | undefined,
    nowMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    const { name, timing, addedMs, home } = schedule;
    const book = await this.#settledBook(name, nowMs);
    if (!book) return; // somebody runs it by hand
    await this.#expect(schedule, book, nowMs, signal);
    const changes = this.#watch(schedule, nowMs)?.changes;
    const next = nextRun(timing, historyOf(book, addedMs, changes), nowMs, pausedMs);
    if (!next || next.dueMs > nowMs || this.#isBusy(home)) return;
    if (schedule.notOnBattery && (await this.#parts.onBattery())) {
      this.#parts.onDetail(`schedule ${name} is due and waits: this machine runs on battery`);
      return;
    }
    const lock = this.#parts.folder.lock(name);
    if (lock) this.#begin(schedule, next.reason, lock);
  }

  /** The book, after whoever left a run open in it was found dead; `undefined` while he lives. */
  async #settledBook(name: string, nowMs: number): Promise<RunBook | undefined> {
    const { folder } = this.#parts;
    const book = await folder.book(name);
    if (!openRun(book)) return book;
    return this.#locked(name, async () => {
      const settled = closed(await folder.book(name), nowMs);
      await folder.writeBook(name, settled);
      return settled;
    });
  }

  async #expect(schedule: Schedule, book: RunBook, nowMs: number, signal: AbortSignal): Promise<void> {
    const { name, expectMs, addedMs } = schedule;
    if (expectMs === undefined) return;
    const alarmedMs = book.alarms.at(-1)?.timeMs;
    const sinceMs = book.lastSuccessMs ?? addedMs;
    const expectation = { expectMs, sinceMs, ...(alarmedMs === undefined ? {} : { alarmedMs }) };
    if (!alarmDue(expectation, nowMs)) return;
    const { folder, alarm, onWarning } = this.#parts;
    const since = new Date(sinceMs).toISOString();
    const text =
      book.lastSuccessMs === undefined
        ? `schedule ${name}: no backup has come since it was added at ${since}`
        : `schedule ${name}: no backup has come since ${since}`;
    const written = await this.#locked(name, async () => {
      const alarmRecord = { timeMs: nowMs, lateMs: lateMs(expectation, nowMs) };
      await folder.writeBook(name, alarmed(await folder.book(name), alarmRecord));
      return true;
    });
    if (!written) return;
    onWarning(text);
    void alarm(schedule, text, signal).catch((error: unknown) => onWarning(wordsOf(error)));
  }

  async #locked<T>(name: string, work: () => Promise<T>): Promise<T | undefined> {
    const lock = this.#parts.folder.lock(name);
    if (!lock) return undefined;
    try {
      return await work();
    } finally {
      lock.release();
    }
  }

  /** Two backups of one vault at a time are not possible: the second waits its turn. */
  #isBusy(home: string): boolean {
    return [...this.#running.values()].some((each) => each.home === home);
  }

  #begin(schedule: Schedule, reason: RunReason, lock: FolderLock): void {
    const { name, home } = schedule;
    const stop = new AbortController();
    const watched = this.#watched.get(name);
    if (watched) watched.changes = undefined;
    const ended = this.#perform(schedule, reason, stop.signal).finally(() => {
      lock.release();
      this.#running.delete(name);
    });
    this.#running.set(name, { home, stop, ended });
  }

  async #perform(schedule: Schedule, reason: RunReason, signal: AbortSignal): Promise<void> {
    const { onWarning, onDetail } = this.#parts;
    try {
      onDetail(`schedule ${schedule.name}: a run begins (${reason})`);
      this.#report(schedule, await performRun(this.#parts, schedule, reason, signal));
    } catch (error) {
      onWarning(`schedule ${schedule.name}: ${wordsOf(error)}`); // its book could not be written
    }
    if (!signal.aborted) await this.#watchAnew(schedule);
  }

  #report({ name }: Schedule, { outcome, problems, exitCode }: RunRecord): void {
    const { onWarning, onDetail } = this.#parts;
    const words = `schedule ${name}: ${outcome}${exitCode ? ` (exit code ${exitCode})` : ''}`;
    const last = problems.at(-1);
    if (outcome === 'done' && last === undefined) onDetail(words);
    else onWarning(last === undefined ? words : `${words}: ${last}`);
  }

  /** What changed before it was watched is not known, so the first look counts as a change. */
  #watch(schedule: Schedule, nowMs: number): Watched | undefined {
    const { name, timing, addedMs } = schedule;
    if (timing.settleMs === undefined) return undefined;
    const known = this.#watched.get(name);
    if (known?.addedMs === addedMs) return known;
    known?.watch.close();
    const watched = this.#opened(schedule);
    watched.changes = { firstMs: nowMs, lastMs: nowMs };
    this.#watched.set(name, watched);
    return watched;
  }

  #opened(schedule: Schedule): Watched {
    const { clock, watch } = this.#parts;
    const onChange = (): void => {
      const nowMs = clock.now();
      watched.changes = { firstMs: watched.changes?.firstMs ?? nowMs, lastMs: nowMs };
    };
    const { addedMs } = schedule;
    const watched: Watched = { addedMs, watch: watch(schedule, onChange), changes: undefined };
    return watched;
  }

  /** Paths that came since, and folders that could not be watched, get their chance after each run. */
  async #watchAnew(schedule: Schedule): Promise<void> {
    const old = this.#watched.get(schedule.name);
    if (!old) return;
    const watched = this.#opened(schedule);
    await watched.watch.ready;
    watched.changes ??= old.changes;
    if (this.#watched.get(schedule.name) === old) this.#watched.set(schedule.name, watched);
    else watched.watch.close();
    old.watch.close();
  }

  #unwatch(name: string): void {
    this.#watched.get(name)?.watch.close();
    this.#watched.delete(name);
  }

  #warnOnce(text: string): void {
    if (this.#told.has(text)) return;
    this.#told.add(text);
    this.#parts.onWarning(text);
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
