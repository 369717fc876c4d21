/**
 * How fast holders pass chunks on. Only the first of a route says how long all of it took, so what each of them needs is guessed from
 * many routes: the difference between what was told and what was expected is shared by those who passed something on (T2).
 */
import type { PeerName } from '../model/ids.ts';

/** Of a difference, so much is believed at once. */
const BELIEF = 1;
/** What was slow is tried again: after so long, half of it is forgotten. */
const HALF_LIFE_MS = 30_000;

interface Known {
  readonly msPerMiB: number;
  readonly atMs: number;
}

/** Time comes with the calls, in monotonic milliseconds. */
export class PassingOn {
  readonly #leastMs: number;
  readonly #known = new Map<PeerName, Known>();

  /** Nobody is thought to need less than `leastMs` for a MiB. */
  constructor(leastMs: number) {
    this.#leastMs = leastMs;
  }

  /** Milliseconds for a MiB; `undefined` of one that was never seen passing on. */
  msPerMiB(peer: PeerName, nowMs: number): number | undefined {
    const known = this.#known.get(peer);
    return known && Math.max(this.#leastMs, known.msPerMiB * 0.5 ** ((nowMs - known.atMs) / HALF_LIFE_MS));
  }

  /** A chunk went through all of `passers`, which took so long for each MiB of it. */
  seen(passers: readonly PeerName[], msPerMiB: number, nowMs: number): void {
    const expected = passers.map((peer) => this.msPerMiB(peer, nowMs));
    const unknown = expected.filter((ms) => ms === undefined).length;
    const rest = msPerMiB - expected.reduce<number>((sum, ms) => sum + (ms ?? 0), 0);
    for (const [i, peer] of passers.entries()) {
      const known = expected[i];
      if (known === undefined) this.#note(peer, rest / unknown, nowMs);
      else if (unknown === 0) this.#note(peer, known + (BELIEF * rest) / passers.length, nowMs);
    }
  }

  #note(peer: PeerName, msPerMiB: number, atMs: number): void {
    this.#known.set(peer, { msPerMiB: Math.max(this.#leastMs, msPerMiB), atMs });
  }
}
