/** Which retirements stand: an entry of a device that was itself retired before it says nothing (L4). */

export interface StandingRetirement {
  /** Numbers of the device whose entry says so, and of the one it retires; `undefined` while nothing of that log is here. */
  readonly by: number;
  readonly target: number | undefined;
  /** Number of the entry that says so. */
  readonly sequence: number;
  /** How many entries of the target's log stand. */
  readonly next: number;
}

/**
 * A function of what was said, not of the order in which it came, so that all readers agree. `said` in an order that is the same
 * everywhere. Two devices that retire each other at the same time are no case of practice: one answer for all is enough.
 */
export function standingRetirements(said: readonly StandingRetirement[]): StandingRetirement[] {
  let standing = [...said];
  for (let round = 0; round <= said.length; round++) {
    const ends = new Map<number, number>();
    for (const { target, next } of standing) {
      if (target !== undefined) ends.set(target, Math.min(next, ends.get(target) ?? next));
    }
    const now = said.filter(({ by, sequence }) => sequence < (ends.get(by) ?? Number.POSITIVE_INFINITY));
    if (now.length === standing.length && now.every((one, i) => one === standing[i])) break;
    standing = now;
  }
  return standing;
}
