/** Chance that repeats: the same seed gives the same bytes on every machine (S2). Never for real keys. */
import type { Random } from './random.ts';

/** xmur3: spreads any text over 32-bit seeds. Public domain, B. Lindsey's "PRNGs in JavaScript". */
function mixer(text: string): () => number {
  let h = 1779033703 ^ text.length;
  for (let i = 0; i < text.length; i++) {
    h = Math.imul(h ^ text.charCodeAt(i), 3432918353);
    h = (h << 13) | (h >>> 19);
  }
  return () => {
    h = Math.imul(h ^ (h >>> 16), 2246822507);
    h = Math.imul(h ^ (h >>> 13), 3266489909);
    h ^= h >>> 16;
    return h >>> 0;
  };
}

/** sfc32 (Chris Doty-Humphrey, PractRand): small, fast, passes the usual batteries. */
export class SeededRandom implements Random {
  readonly #name: string;
  readonly #state: Uint32Array;

  constructor(seed: number | string) {
    this.#name = String(seed);
    const next = mixer(this.#name);
    this.#state = Uint32Array.of(next(), next(), next(), 1);
    for (let i = 0; i < 12; i++) this.#next();
  }

  bytes(length: number): Uint8Array {
    const out = new Uint8Array(length);
    for (let at = 0; at < length; at += 4) {
      let word = this.#next();
      for (let i = at; i < Math.min(at + 4, length); i++) {
        out[i] = word;
        word >>>= 8;
      }
    }
    return out;
  }

  fraction(): number {
    return this.#next() / 2 ** 32;
  }

  /** Uniform integer in [0, below). */
  below(below: number): number {
    return Math.floor(this.fraction() * below);
  }

  /** An independent stream for one part of a run, so that parts do not disturb each other's draws. */
  fork(label: string): SeededRandom {
    return new SeededRandom(`${this.#name}/${label}`);
  }

  #next(): number {
    const s = this.#state;
    const [a = 0, b = 0, c = 0, d = 0] = s;
    const out = (a + b + d) >>> 0;
    s[0] = b ^ (b >>> 9);
    s[1] = c + (c << 3);
    s[2] = ((c << 21) | (c >>> 11)) + out;
    s[3] = d + 1;
    return out;
  }
}
