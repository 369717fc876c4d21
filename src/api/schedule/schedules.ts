/** The schedules of a peer as a person handles them: add, list, run now, remove, pause. The running peer follows what lies in its folder. */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { isVaultError, VaultError } from '../../model/errors.ts';
import { lateMs } from '../../policy/expected-backup.ts';
import { nextRun } from '../../policy/schedule-times.ts';
import { systemClock } from '../../runtime/system-clock.ts';
import { systemRandom } from '../../runtime/system-random.ts';
import { lockWithin, tryLockFolder } from '../folder-lock.ts';
import { readPeerFolder } from '../peer-folder.ts';
import { requireVault } from '../vault-folder.ts';
import { openKeyring } from '../vault-keyring.ts';
import { childCommands } from './child-commands.ts';
import { performRun } from './perform-run.ts';
import { historyOf } from './run-book.ts';
import { checkCredential, checkWish } from './schedule-file.ts';
import type { ScheduleFolder } from './schedule-folder.ts';
import type {
  RunRecord,
  Schedule,
  ScheduleInfo,
  SchedulesReport,
  ScheduleWish,
  UnlockFrom,
} from './schedule-types.ts';
import { requirePrivate } from './secret-file.ts';
import { realRun, type SchedulerOptions, scheduleFolder } from './start-scheduler.ts';

/** What an unattended run is unlocked by; `passphrase`: make a key of its own, whose passphrase nobody knows. */
export type UnlockWish =
  | { readonly passphrase: string }
  | { readonly file: string }
  | { readonly credential: string };

export interface Schedules {
  /** Throws 'usage', 'exists', 'no-vault'. For programs that want to know before they ask for a passphrase. */
  check(wish: ScheduleWish): Promise<void>;
  /** Throws what `check` throws, 'wrong-passphrase', 'denied' (others can read the file). */
  add(wish: ScheduleWish, unlock: UnlockWish): Promise<Schedule>;
  report(): Promise<SchedulesReport>;
  /** Throws 'not-found', 'ambiguous' (no name, several schedules). */
  info(name: string | undefined): Promise<ScheduleInfo>;
  /** Runs it here and now, whatever the clock says. Throws 'not-found', 'locked' (it runs already). */
  run(name: string, signal: AbortSignal): Promise<RunRecord>;
  /** A run under way is stopped by the peer. Resolves to what it was, if that can be read. Throws 'not-found'. */
  remove(name: string, signal: AbortSignal): Promise<Schedule | undefined>;
  pause(forMs: number | undefined): Promise<number>;
  /** False when nothing was paused. */
  resume(): Promise<boolean>;
}

const KEY_BYTES = 32;
/** A peer notices within seconds, and a backup has 20 s to stop. */
const STOPPED_MS = 40_000;

/** Throws 'no-peer'. */
export async function openSchedules(
  options: Omit<SchedulerOptions, 'onWarning' | 'onDetail'>,
): Promise<Schedules> {
  await readPeerFolder(options.folder);
  return new PeerSchedules(options, scheduleFolder(options.folder));
}

class PeerSchedules implements Schedules {
  readonly #options: SchedulerOptions;
  readonly #folder: ScheduleFolder;

  constructor(options: SchedulerOptions, folder: ScheduleFolder) {
    this.#options = options;
    this.#folder = folder;
  }

  async check(wish: ScheduleWish): Promise<void> {
    checkWish(wish);
    await requireVault(wish.home);
    if (await this.#folder.find(wish.name)) {
      throw new VaultError('exists', `there is a schedule ${wish.name} already`, {
        hint: `Choose another --name, or "vault schedule remove ${wish.name}" first.`,
      });
    }
  }

  async add(wish: ScheduleWish, unlock: UnlockWish): Promise<Schedule> {
    await this.check(wish);
    const schedule = { ...wish, addedMs: systemClock.now(), unlock: await this.#unlockFrom(wish, unlock) };
    await this.#folder.write(schedule);
    return schedule;
  }

  async #unlockFrom({ name, home }: ScheduleWish, unlock: UnlockWish): Promise<UnlockFrom> {
    if ('file' in unlock) {
      await requirePrivate(unlock.file, process.getuid?.());
      return { kind: 'file', file: unlock.file };
    }
    if ('credential' in unlock) {
      checkCredential(unlock.credential);
      return { kind: 'credential', name: unlock.credential };
    }
    const keyring = await openKeyring({ home, passphrase: unlock.passphrase });
    const passphrase = Buffer.from(systemRandom.bytes(KEY_BYTES)).toString('base64url');
    await this.#folder.writePassphrase(name, passphrase);
    const { id } = await keyring.add({ passphrase, label: `schedule ${name}` });
    return { kind: 'own-key', keyId: id };
  }

  async report(): Promise<SchedulesReport> {
    const { schedules, damaged } = await this.#folder.all();
    const pausedUntilMs = await this.#folder.pausedUntilMs();
    const paused = pausedUntilMs !== undefined && pausedUntilMs > systemClock.now();
    return {
      schedules: await Promise.all(schedules.map((each) => this.#infoOf(each, pausedUntilMs))),
      ...(paused ? { pausedUntilMs } : {}),
      peerRuns: this.#peerRuns(),
      damaged,
    };
  }

  async info(name: string | undefined): Promise<ScheduleInfo> {
    const pausedUntilMs = await this.#folder.pausedUntilMs();
    if (name !== undefined) return this.#infoOf(await this.#named(name), pausedUntilMs);
    const [only, more] = (await this.#folder.all()).schedules;
    if (only === undefined) {
      throw new VaultError('not-found', 'there are no schedules', {
        hint: 'Make one: vault schedule add PATH --every 1h',
      });
    }
    if (more !== undefined) throw new VaultError('ambiguous', 'there are several schedules: name one');
    return this.#infoOf(only, pausedUntilMs);
  }

  async run(name: string, signal: AbortSignal): Promise<RunRecord> {
    const schedule = await this.#named(name);
    const lock = await lockWithin(() => this.#folder.lock(name), { signal });
    // A peer that only looks at it, or has just written down how its run ended, has the lock for a moment.
    if (!lock) throw new VaultError('locked', `the schedule ${name} runs already`);
    try {
      const { program, env } = this.#options;
      const commands = childCommands({ program, env, clock: systemClock });
      const run = realRun(this.#folder, commands, env);
      return await performRun({ folder: this.#folder, clock: systemClock, run }, schedule, 'by-hand', signal);
    } finally {
      lock.release();
    }
  }

  async remove(name: string, signal: AbortSignal): Promise<Schedule | undefined> {
    const schedule = await this.#named(name).catch((error: unknown) => {
      if (isVaultError(error, 'corrupt', 'unsupported-version', 'usage')) return undefined;
      throw error;
    });
    await this.#folder.remove(name);
    const lock = await lockWithin(() => this.#folder.lock(name), { patienceMs: STOPPED_MS, signal });
    if (!lock) throw new VaultError('locked', `${name} is removed, but its last run does not end`);
    lock.release();
    await rm(this.#folder.folderOf(name), { recursive: true, force: true });
    return schedule;
  }

  async pause(forMs: number | undefined): Promise<number> {
    const untilMs = forMs === undefined ? Number.POSITIVE_INFINITY : systemClock.now() + forMs;
    await this.#folder.pause(untilMs);
    return untilMs;
  }

  async resume(): Promise<boolean> {
    const untilMs = await this.#folder.pausedUntilMs();
    await this.#folder.pause(undefined);
    return untilMs !== undefined && untilMs > systemClock.now();
  }

  async #named(name: string): Promise<Schedule> {
    const schedule = path.basename(name) === name ? await this.#folder.find(name) : undefined;
    if (schedule) return schedule;
    throw new VaultError('not-found', `there is no schedule ${name}`, {
      hint: '"vault schedule list" shows those there are.',
    });
  }

  async #infoOf(schedule: Schedule, pausedUntilMs: number | undefined): Promise<ScheduleInfo> {
    const { name, timing, addedMs, expectMs } = schedule;
    const book = await this.#folder.book(name);
    const nowMs = systemClock.now();
    const next = nextRun(timing, historyOf(book, addedMs, undefined), nowMs, pausedUntilMs);
    const { lastSuccessMs } = book;
    return {
      schedule,
      runs: book.runs,
      alarms: book.alarms,
      ...(lastSuccessMs === undefined ? {} : { lastSuccessMs }),
      ...(next ? { nextMs: next.dueMs } : {}),
      lateMs: expectMs === undefined ? 0 : lateMs({ expectMs, sinceMs: lastSuccessMs ?? addedMs }, nowMs),
    };
  }

  #peerRuns(): boolean {
    const lock = tryLockFolder(this.#options.folder);
    lock?.release();
    return lock === undefined;
  }
}
