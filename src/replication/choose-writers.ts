/** Which holders to send a chunk to next (P2, P3): as many as copies are missing, in the order placement gives. */
import type { PeerName } from '../model/ids.ts';

export interface WriteState {
  /** Holder order of the chunk's group without those that failed or cannot be used (docs/spec/placement.md, 5.2). */
  readonly order: readonly PeerName[];
  readonly copies: number;
  /** Who has acknowledged it. */
  readonly stored: ReadonlySet<PeerName>;
  /** Who it is being sent to. */
  readonly running: ReadonlySet<PeerName>;
}

/** Never more than `copies` acknowledged or under way; never the same holder twice. */
export function chooseWriters({ order, copies, stored, running }: WriteState): readonly PeerName[] {
  const missing = Math.max(0, copies - stored.size - running.size);
  return order.filter((peer) => !stored.has(peer) && !running.has(peer)).slice(0, missing);
}
