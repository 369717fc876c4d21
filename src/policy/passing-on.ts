/**
 * How fast holders pass chunks on. Only the first of a route says how long all of it took, so what each of them needs is guessed from
 * many routes: the difference between what was told and what was expected is shared by those who passed something on (T2).
 */
import type { PeerName } from '../model/ids.ts';
import { MiB } from '../model/units.ts';

/** What was slow is tried again: after so long, half of it is forgotten. */
const SLOWNESS_HALVES_MS = 30_000;
/** The same of what a holder was given to pass on. */
const GIVEN_HALVES_MS = 10_000;

/** Milliseconds that were right once. */
interface Fading {
  readonly ms: number;
  readonly atMs: number;
}

function faded({ ms, atMs }: Fading, nowMs: number, halvesMs: number): number {
  return ms * 0.5 ** ((nowMs - atMs) / halvesMs);
}

/** Time comes with the calls, in monotonic milliseconds. */
export class PassingOn {
  readonly #leastMs: number;
  readonly #known = new Map<PeerName, Fading>();
  readonly #given = new Map<PeerName, Fading>();

  /** Nobody is thought to need less than `leastMs` for a MiB. */
  constructor(leastMs: number) {
    this.#leastMs = leastMs;
  }

  /** Milliseconds for a MiB; `undefined` of one that was never seen passing on. */
  msPerMiB(peer: PeerName, nowMs: number): number | undefined {
    const known = this.#known.get(peer);
    return known && Math.max(this.#leastMs, faded(known, nowMs, SLOWNESS_HALVES_MS));
  }

  /** A chunk went through all of `passers`, which took so long for each MiB of it. */
  seen(passers: readonly PeerName[], msPerMiB: number, nowMs: number): void {
    const expected = passers.map((peer) => this.msPerMiB(peer, nowMs));
    const unknown = expected.filter((ms) => ms === undefined).length;
    const rest = msPerMiB - expected.reduce<number>((sum, ms) => sum + (ms ?? 0), 0);
    for (const [i, peer] of passers.entries()) {
      const known = expected[i];
      if (known === undefined) this.#note(peer, rest / unknown, nowMs);
      else if (unknown === 0) this.#note(peer, known + rest / passers.length, nowMs);
    }
  }

  /**
   * Time of passing on that a holder has had lately, with `bytes` more: each shall have as much, so who is slow gets little. Who was never
   * seen is taken to need `guessMs` for a MiB.
   */
  withMore(peer: PeerName, bytes: number, guessMs: number, nowMs: number): number {
    const given = this.#given.get(peer);
    const msPerMiB = this.msPerMiB(peer, nowMs) ?? Math.max(this.#leastMs, guessMs);
    return (given ? faded(given, nowMs, GIVEN_HALVES_MS) : 0) + (msPerMiB * bytes) / MiB;
  }

  /** It is to pass on `bytes` more. */
  give(peer: PeerName, bytes: number, guessMs: number, nowMs: number): void {
    this.#given.set(peer, { ms: this.withMore(peer, bytes, guessMs, nowMs), atMs: nowMs });
  }

  #note(peer: PeerName, msPerMiB: number, atMs: number): void {
    this.#known.set(peer, { ms: Math.max(this.#leastMs, msPerMiB), atMs });
  }
}
