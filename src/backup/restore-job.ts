/** What all parts of one restore share: where from, where to, what was done, and when to stop. */
import { isVaultError, type VaultError } from '../model/errors.ts';
import type { BytePath } from './byte-path.ts';
import type { FileTarget, Overwrite } from './file-target.ts';
import type { OpenedChunks } from './opened-chunks.ts';
import type { Pacer } from './pacer.ts';
import type { RestoreTally } from './restore-tally.ts';
import type { SealedChunks } from './sealed-chunks.ts';
import { Slots } from './slots.ts';

/** Content chunks asked for, or waiting to be written, at a time: what bounds the memory of a slow disk (T3, T4). */
const MAX_FETCHES = 16;

export interface RestoreJobParts {
  /** Directories and lists. */
  readonly opened: OpenedChunks;
  /** Content. */
  readonly sealed: SealedChunks;
  readonly target: FileTarget;
  readonly overwrite: Overwrite;
  readonly tally: RestoreTally;
  readonly pacer: Pacer;
  readonly signal?: AbortSignal | undefined;
}

export class RestoreJob {
  readonly opened: OpenedChunks;
  readonly sealed: SealedChunks;
  readonly target: FileTarget;
  readonly overwrite: Overwrite;
  readonly tally: RestoreTally;
  readonly fetches: Slots = new Slots(MAX_FETCHES);
  readonly #pacer: Pacer;
  readonly #stop = new AbortController();
  /** Aborts when the caller stops the restore, and when something happened after which no file can succeed. */
  readonly signal: AbortSignal;

  constructor(parts: RestoreJobParts) {
    this.opened = parts.opened;
    this.sealed = parts.sealed;
    this.target = parts.target;
    this.overwrite = parts.overwrite;
    this.tally = parts.tally;
    this.#pacer = parts.pacer;
    this.signal = parts.signal ? AbortSignal.any([parts.signal, this.#stop.signal]) : this.#stop.signal;
  }

  /** Lets the event loop run when it is time; call between pieces of synchronous work. */
  async breathe(): Promise<void> {
    while (this.#pacer.due()) await this.#pacer.rest();
    try {
      this.tally.tick();
    } catch (error) {
      this.#stop.abort(error);
    }
  }

  /** Takes in what went wrong at `path`: a fault of this entry is listed; a full disk or a bug stops everything. */
  fault(path: BytePath, error: unknown): void {
    if (this.signal.aborted) return;
    const ofThisEntry = isVaultError(error) && !isVaultError(error, 'no-space', 'internal', 'interrupted');
    try {
      if (ofThisEntry) this.tally.fail(path, error);
      else this.#stop.abort(error);
    } catch (thrownByListener) {
      this.#stop.abort(thrownByListener);
    }
  }

  /** Runs one entry's work; `undefined` when it failed. */
  attempt<T>(path: BytePath, work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      this.fault(path, error);
      return undefined;
    }
  }

  /** Ends everything: nothing that follows can be trusted. */
  stop(error: VaultError): void {
    this.#stop.abort(error);
  }
}
