/** What all parts of one restore share: where from, where to, what was asked for, what was done, and when to stop. */
import type { VaultKeys } from '../crypto/vault-keys.ts';
import { isVaultError, type VaultError } from '../model/errors.ts';
import { Slots } from '../runtime/slots.ts';
import type { BytePath } from './byte-path.ts';
import type { FileTarget } from './file-target.ts';
import type { OpenedChunks } from './opened-chunks.ts';
import type { Policy } from './overwrite-policy.ts';
import type { Pacer } from './pacer.ts';
import type { RestoreFilter } from './restore-filter.ts';
import type { RestoreTally } from './restore-tally.ts';
import type { SealedChunks } from './sealed-chunks.ts';

/** Content chunks asked for, or waiting to be written, at a time: what bounds the memory of a slow disk (T3, T4). */
const MAX_FETCHES = 16;

/** What was asked for. */
export interface RestoreWishes {
  readonly policy: Policy;
  /** Default: everything. */
  readonly filter: RestoreFilter | undefined;
  /** Folders above what was backed up: where they exist they stay as they are, and nothing is deleted in them. */
  readonly ways: ReadonlySet<BytePath>;
  /** Entries that the snapshot does not have are removed. */
  readonly deletes: boolean;
  /** Blocks of zeros are not written, whatever the source had. */
  readonly sparse: boolean;
  /** Nothing is fetched or written. */
  readonly dryRun: boolean;
}

export interface RestoreJobParts {
  readonly keys: VaultKeys;
  /** Directories and lists. */
  readonly opened: OpenedChunks;
  /** Content. */
  readonly sealed: SealedChunks;
  readonly target: FileTarget;
  readonly wishes: RestoreWishes;
  readonly tally: RestoreTally;
  readonly pacer: Pacer;
  readonly signal?: AbortSignal | undefined;
}

export class RestoreJob {
  readonly keys: VaultKeys;
  readonly opened: OpenedChunks;
  readonly sealed: SealedChunks;
  readonly target: FileTarget;
  readonly wishes: RestoreWishes;
  readonly tally: RestoreTally;
  readonly fetches: Slots = new Slots(MAX_FETCHES);
  readonly #pacer: Pacer;
  readonly #stop = new AbortController();
  /** Aborts when the caller stops the restore, and when something happened after which no file can succeed. */
  readonly signal: AbortSignal;

  constructor(parts: RestoreJobParts) {
    this.keys = parts.keys;
    this.opened = parts.opened;
    this.sealed = parts.sealed;
    this.target = parts.target;
    this.wishes = parts.wishes;
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
