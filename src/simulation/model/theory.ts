/** What theory says of copies that fail independently: a birth-death chain over the number of living copies, solved exactly. */

export interface CopyChain {
  /** Copies when all is well: the chain starts here. */
  readonly copies: number;
  /** Failures for good per copy and time unit (1 / mean lifetime). */
  readonly failureRate: number;
  /** Mean time from a failure until its own replacement is complete; all failed copies are replaced in parallel. */
  readonly repairTime: number;
  /**
   * With fewer living copies than `extrasBelow`, one more copy is made within `extraTime` (R1: two living copies at least).
   * Left out: no such rule.
   */
  readonly extras?: { readonly below: number; readonly time: number };
}

/** Rate at which the chain climbs from `living` to `living + 1` copies. */
function climbRate(chain: CopyChain, living: number): number {
  const replaced =
    chain.repairTime > 0 ? (chain.copies - living) / chain.repairTime : Number.POSITIVE_INFINITY;
  const extra = chain.extras && living < chain.extras.below ? 1 / chain.extras.time : 0;
  return replaced + extra;
}

/**
 * Mean time until the last copy is gone (MTTDL), in the unit of the rates. With d(k) = k * failureRate down and u(k) up, the mean time
 * h(k) of the first step below k obeys h(n) = 1 / d(n) and h(k) = (1 + u(k) * h(k + 1)) / d(k); the MTTDL is their sum.
 */
export function meanTimeToLoss(chain: CopyChain): number {
  let step = 1 / (chain.copies * chain.failureRate);
  let sum = step;
  for (let living = chain.copies - 1; living >= 1; living--) {
    step = (1 + climbRate(chain, living) * step) / (living * chain.failureRate);
    sum += step;
  }
  return sum;
}

/** Losses per time unit of one chunk (or group) that is put anew after each loss. */
export function lossRate(chain: CopyChain): number {
  return 1 / meanTimeToLoss(chain);
}

/** Probability that `count` independent ones lose at least one within `time`. */
export function lossProbability(chain: CopyChain, time: number, count = 1): number {
  return -Math.expm1(-lossRate(chain) * time * count);
}
