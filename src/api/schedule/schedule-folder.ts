/**
 * Where a peer's schedules lie: `schedules/NAME/schedule.json` (what was asked for; it makes the schedule exist), `runs.json` (its book),
 * `passphrase` (mode 0600), a lock that whoever runs it holds, and `schedules/pause.json` for all of them.
 */
import path from 'node:path';
import { utf8 } from '../../model/bytes.ts';
import { isVaultError, VaultError } from '../../model/errors.ts';
import { KiB, MiB } from '../../model/units.ts';
import type { Disk } from '../../runtime/disk.ts';
import type { FolderLock } from '../folder-lock.ts';
import { EMPTY_BOOK, type RunBook } from './run-book.ts';
import { decodeSchedule, encodeSchedule } from './schedule-file.ts';
import type { Schedule } from './schedule-types.ts';

const WISH = 'schedule.json';
const BOOK = 'runs.json';
const PASSPHRASE = 'passphrase';
const PAUSE = 'pause.json';
/** "Until somebody resumes" as JSON can write it. */
const FOR_EVER_MS: number = Number.MAX_SAFE_INTEGER;

export interface FoundSchedules {
  readonly schedules: readonly Schedule[];
  /** "NAME: reason" of each that cannot be used. */
  readonly damaged: readonly string[];
}

export class ScheduleFolder {
  readonly folder: string;
  readonly #disk: Disk;
  readonly #lock: (folder: string) => FolderLock | undefined;

  /** `lock` gives `undefined` while another process has it. */
  constructor(peerFolder: string, disk: Disk, lock: (folder: string) => FolderLock | undefined) {
    this.folder = path.join(peerFolder, 'schedules');
    this.#disk = disk;
    this.#lock = lock;
  }

  /** In the order of their names. */
  async all(): Promise<FoundSchedules> {
    const schedules: Schedule[] = [];
    const damaged: string[] = [];
    for (const name of await this.#disk.list(this.folder)) {
      if (name.startsWith('.') || name === PAUSE) continue;
      try {
        const schedule = await this.find(name);
        if (schedule) schedules.push(schedule);
      } catch (error) {
        if (!(error instanceof VaultError)) throw error;
        damaged.push(`${name}: ${error.message}`);
      }
    }
    return { schedules, damaged };
  }

  /** Throws 'corrupt', 'unsupported-version', 'usage'. */
  async find(name: string): Promise<Schedule | undefined> {
    const bytes = await this.#disk.read(this.#file(name, WISH), 256 * KiB);
    return bytes && decodeSchedule(bytes, name);
  }

  async write(schedule: Schedule): Promise<void> {
    await this.#disk.write(this.#file(schedule.name, WISH), [encodeSchedule(schedule)], { mode: 0o600 });
  }

  /** From now on it does not exist, though its folder may. */
  async remove(name: string): Promise<void> {
    await this.#disk.remove(this.#file(name, WISH));
  }

  folderOf(name: string): string {
    return path.join(this.folder, name);
  }

  passphraseFile(name: string): string {
    return this.#file(name, PASSPHRASE);
  }

  async writePassphrase(name: string, passphrase: string): Promise<void> {
    await this.#disk.write(this.passphraseFile(name), [utf8(`${passphrase}\n`)], { mode: 0o600 });
  }

  /** An empty one where there is none, or none that can be read: the log is lost then, the schedule is not. */
  async book(name: string): Promise<RunBook> {
    try {
      const bytes = await this.#disk.read(this.#file(name, BOOK), 4 * MiB);
      if (bytes === undefined) return EMPTY_BOOK;
      const found = JSON.parse(Buffer.from(bytes).toString('utf8')) as Partial<RunBook>;
      return isBook(found) ? found : EMPTY_BOOK;
    } catch (error) {
      if (error instanceof SyntaxError || isVaultError(error, 'corrupt')) return EMPTY_BOOK;
      throw error;
    }
  }

  /** Only for who holds the schedule's lock. */
  async writeBook(name: string, book: RunBook): Promise<void> {
    await this.#disk.write(this.#file(name, BOOK), [utf8(`${JSON.stringify(book)}\n`)], { mode: 0o600 });
  }

  lock(name: string): FolderLock | undefined {
    return this.#lock(this.folderOf(name));
  }

  /** `undefined` when nothing is paused. */
  async pausedUntilMs(): Promise<number | undefined> {
    const bytes = await this.#disk.read(path.join(this.folder, PAUSE), KiB);
    const ms = bytes === undefined ? Number.NaN : Number(Buffer.from(bytes).toString('utf8'));
    if (Number.isNaN(ms)) return undefined;
    return ms >= FOR_EVER_MS ? Number.POSITIVE_INFINITY : ms;
  }

  /** `undefined` ends a pause. */
  async pause(untilMs: number | undefined): Promise<void> {
    const file = path.join(this.folder, PAUSE);
    if (untilMs === undefined) return this.#disk.remove(file);
    await this.#disk.write(file, [utf8(`${Math.min(untilMs, FOR_EVER_MS)}\n`)], { mode: 0o600 });
  }

  #file(name: string, file: string): string {
    return path.join(this.folder, name, file);
  }
}

function isBook(book: Partial<RunBook>): book is RunBook {
  const { runs, alarms, ranMs = 0, endedMs = 0, lastSuccessMs = 0, tidiedMs = 0, failures } = book;
  const numbers = [ranMs, endedMs, lastSuccessMs, tidiedMs, failures];
  if (!numbers.every((each) => typeof each === 'number' && Number.isFinite(each))) return false;
  if (!Array.isArray(runs) || !Array.isArray(alarms)) return false;
  return runs.every(
    (run) =>
      typeof run === 'object' &&
      run !== null &&
      typeof run.startMs === 'number' &&
      typeof run.outcome === 'string' &&
      Array.isArray(run.problems),
  );
}
