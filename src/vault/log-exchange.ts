/** How the client's books meet the holders' copies of the logs (L1, L3): read what they have, append, read and write the table. */
import type { DeviceId, Digest, PeerName } from '../model/ids.ts';
import type { WaitOptions } from '../store/chunk-store.ts';

/** The end of one device's log as one holder shows it. */
export interface LogHead {
  readonly device: DeviceId;
  /** Sequence number the next entry would have: the number of entries held. */
  readonly next: number;
  /** Hash of the last entry held. */
  readonly hash: Digest;
}

/** What one reachable holder says about every device log it keeps. */
export interface HolderHeads {
  readonly peer: PeerName;
  readonly heads: readonly LogHead[];
}

export interface AppendResult {
  /** Holders that hold every given entry durably now; no name twice. */
  readonly accepted: readonly PeerName[];
  readonly failed: readonly { readonly peer: PeerName; readonly error: Error }[];
}

/**
 * All reachable holders of one vault at once. Nothing it returns is trusted: callers decode and verify every byte.
 * Methods reject with 'unavailable' or 'too-few-peers' when no holder can be asked.
 */
export interface LogExchange {
  /** One element for each reachable holder (a holder without logs has no heads). */
  heads(options?: WaitOptions): Promise<readonly HolderHeads[]>;
  /** Entries `from` <= sequence < `to` of one device, in order; tries other holders when one fails; may end early. */
  read(device: DeviceId, from: number, to: number, options?: WaitOptions): AsyncIterable<Uint8Array>;
  /**
   * Appends this device's entries, in order, on every holder; brings a holder that lacks earlier entries up to date first.
   * Does not reject when some or all refuse: the result says who did not take them and why.
   */
  append(entries: readonly Uint8Array[], options?: WaitOptions): Promise<AppendResult>;
  /** Newest signed holder table any holder shows; `undefined` when none has one. */
  readTable(options?: WaitOptions): Promise<Uint8Array | undefined>;
  /** Names of the holders that keep `table` now. */
  writeTable(table: Uint8Array, options?: WaitOptions): Promise<readonly PeerName[]>;
}
