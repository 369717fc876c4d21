/** What all parts of one restore share: where from, where to, what was done, and when to stop. */
import { isVaultError, type VaultError } from '../model/errors.ts';
import type { FileTarget } from './file-target.ts';
import type { OpenedChunks } from './opened-chunks.ts';
import type { Pacer } from './pacer.ts';
import type { RestoreTally } from './restore-tally.ts';

export interface RestoreJobParts {
  readonly chunks: OpenedChunks;
  readonly target: FileTarget;
  readonly tally: RestoreTally;
  readonly pacer: Pacer;
  readonly signal?: AbortSignal | undefined;
}

export class RestoreJob {
  readonly chunks: OpenedChunks;
  readonly target: FileTarget;
  readonly tally: RestoreTally;
  readonly #pacer: Pacer;
  readonly #stop = new AbortController();
  /** Aborts when the caller stops the restore, and when something happened after which no file can succeed. */
  readonly signal: AbortSignal;

  constructor(parts: RestoreJobParts) {
    this.chunks = parts.chunks;
    this.target = parts.target;
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
  fault(path: Uint8Array, error: unknown): void {
    if (this.signal.aborted) return;
    const ofThisEntry = isVaultError(error) && !isVaultError(error, 'no-space', 'internal', 'interrupted');
    try {
      if (ofThisEntry) this.tally.fail(path, error);
      else this.#stop.abort(error);
    } catch (thrownByListener) {
      this.#stop.abort(thrownByListener);
    }
  }

  /** Runs one entry's work; false when it failed. */
  attempt(path: Uint8Array, work: () => void): boolean {
    try {
      work();
      return true;
    } catch (error) {
      this.fault(path, error);
      return false;
    }
  }

  /** Ends everything: nothing that follows can be trusted. */
  stop(error: VaultError): void {
    this.#stop.abort(error);
  }
}
