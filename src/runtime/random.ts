/** Chance as an input (S2): keys, nonces and jitter come from a Random, so that one seed makes one run. */

export interface Random {
  /** `length` random bytes; the system one is cryptographically secure. */
  bytes(length: number): Uint8Array;
  /** Uniform in [0, 1). For jitter and sampling, never for keys. */
  fraction(): number;
}
