/** Watches members of one vault that lack chunks, knowing it or not, and never fetch them (placement.md, 8.10). */
import type { PeerName } from '../model/ids.ts';
import { followLag, type Lag, type Said, stuckGroups } from '../policy/stuck.ts';
import { noGroups, withGroup } from './group-bits.ts';

export class StuckWatch {
  readonly #stuckMs: number;
  readonly #lags = new Map<PeerName, Lag>();

  constructor(stuckMs: number) {
    this.#stuckMs = stuckMs;
  }

  heard(peer: PeerName, said: Said): void {
    const lag = followLag(this.#lags.get(peer), said, this.#stuckMs);
    if (lag) this.#lags.set(peer, lag);
    else this.#lags.delete(peer);
  }

  forget(peer: PeerName): void {
    this.#lags.delete(peer);
  }

  /** For each stuck member the groups that others should keep in its place. */
  groups(wholeElsewhere: (peer: PeerName, group: number) => boolean): ReadonlyMap<PeerName, Uint8Array> {
    const stuck = new Map<PeerName, Uint8Array>();
    for (const [peer, lag] of this.#lags) {
      const groups = stuckGroups(lag, this.#stuckMs, (group) => wholeElsewhere(peer, group));
      if (groups.length === 0) continue;
      const bits = noGroups();
      for (const group of groups) withGroup(bits, group);
      stuck.set(peer, bits);
    }
    return stuck;
  }
}
