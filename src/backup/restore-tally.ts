/** Counts what a restore has done, lists what failed, and reports progress a few times a second. */
import type { ErrorCode, VaultError } from '../model/errors.ts';
import type { Clock } from '../runtime/clock.ts';
import { type BytePath, bytesOfPath } from './byte-path.ts';
import { pathText } from './path-text.ts';

export interface RestoreFailure {
  /** Relative to the target; bytes that are not UTF-8 as \xNN. */
  readonly path: string;
  /** 'unavailable', 'lost', 'corrupt': the data; 'target-exists', 'target-unwritable', 'io': this place of the target. */
  readonly code: ErrorCode;
  readonly message: string;
}

/** 'restored': it was not there; 'updated': it replaced what was there; 'unchanged': it was there already, or stays as it is. */
export type EntryAction = 'restored' | 'updated' | 'unchanged' | 'deleted';

export interface RestoredEntry {
  readonly action: EntryAction;
  readonly path: string;
  /** Of files. */
  readonly bytes: number;
}

export interface RestoreProgress {
  readonly files: number;
  readonly directories: number;
  readonly links: number;
  /** Pipes and devices. */
  readonly specials: number;
  /** Bytes of file content written. */
  readonly bytes: number;
  /** Entries that were there already and were left alone, and the bytes of their content. */
  readonly kept: number;
  readonly keptBytes: number;
  /** Entries that the snapshot does not have and that were removed. */
  readonly deleted: number;
  readonly failed: number;
  /** Of all that is asked for, where it is known. */
  readonly totalFiles?: number | undefined;
  readonly totalBytes?: number | undefined;
}

export interface TallyOptions {
  readonly clock: Clock;
  readonly onProgress?: ((progress: RestoreProgress) => void) | undefined;
  /** Told each failure at once, also those beyond what the result lists. */
  readonly onFailure?: ((failure: RestoreFailure) => void) | undefined;
  /** Told what happened to each entry. */
  readonly onEntry?: ((entry: RestoredEntry) => void) | undefined;
}

/** Failures that the result lists one by one; further ones are counted. */
const MAX_LISTED_FAILURES = 10_000;
const PROGRESS_MS = 100;

export class RestoreTally {
  readonly #options: TallyOptions;
  readonly listed: RestoreFailure[] = [];
  files = 0;
  directories = 0;
  links = 0;
  specials = 0;
  bytes = 0;
  kept = 0;
  keptBytes = 0;
  deleted = 0;
  failed = 0;
  totals: { readonly files: number; readonly bytes: number } | undefined;
  #reportedAt: number;

  constructor(options: TallyOptions) {
    this.#options = options;
    this.#reportedAt = options.clock.monotonicMs();
  }

  fail(path: BytePath, error: VaultError): void {
    const code = error.code === 'timeout' || error.code === 'closed' ? 'unavailable' : error.code;
    const failure = { path: pathText(bytesOfPath(path)), code, message: error.message };
    this.failed++;
    if (this.listed.length < MAX_LISTED_FAILURES) this.listed.push(failure);
    this.#options.onFailure?.(failure);
  }

  /** `path` is asked for only where somebody listens. */
  tell(action: EntryAction, path: () => BytePath, bytes = 0): void {
    this.#options.onEntry?.({ action, path: pathText(bytesOfPath(path())), bytes });
  }

  /** Reports when the last report is a while ago. */
  tick(): void {
    if (!this.#options.onProgress) return;
    const now = this.#options.clock.monotonicMs();
    if (now - this.#reportedAt < PROGRESS_MS) return;
    this.#reportedAt = now;
    this.report();
  }

  report(): void {
    this.#options.onProgress?.(this.progress());
  }

  progress(): RestoreProgress {
    const { files, directories, links, specials, bytes, kept, keptBytes, deleted, failed, totals } = this;
    const known = totals && { totalFiles: totals.files, totalBytes: totals.bytes };
    return { files, directories, links, specials, bytes, kept, keptBytes, deleted, failed, ...known };
  }
}
