/**
 * One limit on what is kept, of a whole peer or of one vault on it: bytes and files, reserved before anything is written, with a
 * part that only logs may use, so that a commit never fails because chunks have filled it.
 */
import { VaultError } from '../model/errors.ts';
import { formatBytes, MiB } from '../model/units.ts';

export type Purpose = 'chunk' | 'log';

export interface Occupancy {
  /** Files of chunks, wherever they are. */
  readonly chunks: number;
  /** All bytes kept on disk for others, trash and quarantine included, except logs. */
  readonly chunkBytes: number;
  readonly logBytes: number;
}

export interface QuotaOptions {
  /** Hard limit for everything kept, logs included; but for their room where it was lowered below what is kept already. */
  readonly capacityBytes: number;
  /** Part of the capacity that only logs may use. Default: 5%, at most 64 MiB. */
  readonly logRoomBytes?: number | undefined;
  readonly maxChunks?: number | undefined;
  /** Exact at every call; what a reservation stands for may be counted in it already before it is released. */
  readonly occupied: () => Occupancy;
  /** How the limits are called in errors. Default: those of a peer. */
  readonly words?: QuotaWords;
}

export interface QuotaWords {
  readonly capacity: (bytes: string) => string;
  readonly chunks: (count: number) => string;
  /** Prefix of `data.limit`, which is then `<name>-bytes` or `<name>-chunks`. */
  readonly name: string;
  readonly hint: string;
}

/** Gives the reservation back. Call it once, when the write has ended and `occupied` says so. */
export type Release = () => void;

const PEER_WORDS: QuotaWords = {
  name: 'peer',
  capacity: (bytes) => `this peer's capacity of ${bytes} is used up`,
  chunks: (count) => `this peer keeps its limit of ${count} chunks`,
  hint: 'Give the peer more capacity, or let other peers join.',
};

export const VAULT_WORDS: QuotaWords = {
  name: 'vault',
  capacity: (bytes) => `this peer's limit of ${bytes} for one vault is used up`,
  chunks: (count) => `this peer keeps its limit of ${count} chunks of one vault`,
  hint: 'Raise the limit for each vault on that peer, or let other peers join.',
};

export class Quota {
  readonly #options: QuotaOptions;
  readonly #logRoomBytes: number;
  #chunks = 0;
  #chunkBytes = 0;
  #logBytes = 0;

  constructor(options: QuotaOptions) {
    this.#options = options;
    this.#logRoomBytes = options.logRoomBytes ?? Math.min(64 * MiB, Math.floor(options.capacityBytes / 20));
  }

  /** Bytes reserved now. */
  get reservedBytes(): number {
    return this.#chunkBytes + this.#logBytes;
  }

  /**
   * What it would still take for `purpose`. The room of logs is theirs also where chunks have more than the limit leaves them, as it was
   * lowered since: a holder that takes no more entries does not know what it should keep, and nobody could tell (L3).
   */
  roomBytes(purpose: Purpose): number {
    const { chunkBytes, logBytes } = this.#options.occupied();
    const logs = logBytes + this.#logBytes;
    const left = this.#options.capacityBytes - chunkBytes - this.#chunkBytes;
    if (purpose === 'log') return Math.max(left, this.#logRoomBytes) - logs;
    return left - Math.max(logs, this.#logRoomBytes);
  }

  /** Throws 'no-space' and says which limit it was. */
  check(bytes: number, purpose: Purpose): void {
    const { capacityBytes, maxChunks, occupied, words = PEER_WORDS } = this.#options;
    if (this.roomBytes(purpose) < bytes) {
      throw new VaultError('no-space', `${words.capacity(formatBytes(capacityBytes))}; nothing was stored`, {
        hint: words.hint,
        data: { limit: `${words.name}-bytes`, capacityBytes },
      });
    }
    if (purpose === 'log' || maxChunks === undefined) return;
    if (occupied().chunks + this.#chunks >= maxChunks) {
      throw new VaultError('no-space', `${words.chunks(maxChunks)}; nothing was stored`, {
        hint: words.hint,
        data: { limit: `${words.name}-chunks`, maxChunks },
      });
    }
  }

  /** Reserves what has been checked. */
  take(bytes: number, purpose: Purpose): Release {
    const add = (sign: 1 | -1): void => {
      if (purpose === 'log') this.#logBytes += sign * bytes;
      else {
        this.#chunks += sign;
        this.#chunkBytes += sign * bytes;
      }
    };
    add(1);
    let released = false;
    return () => {
      if (!released) add(-1);
      released = true;
    };
  }
}
