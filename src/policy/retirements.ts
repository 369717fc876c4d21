/** Which retirements stand: an entry of a device that was itself retired before it says nothing (L4). */

export interface Retirement {
  /** Numbers of the device whose entry says so, and of the one it retires; `undefined` while nothing of that log is here. */
  readonly by: number;
  readonly target: number | undefined;
  /** Number of the entry that says so. */
  readonly sequence: number;
  /** How many entries of the target's log stand. */
  readonly next: number;
}

/**
 * A function of what was said, not of the order in which it came, so that all readers agree. Of devices that retired each other at the
 * same time none is retired: what a retirement takes away, it takes only when it stands without doubt.
 */
export function standingRetirements(said: readonly Retirement[]): Retirement[] {
  const standing = new Set<Retirement>();
  const fallen = new Set<Retirement>();
  const against = new Map(
    said.map((one) => [one, said.filter(({ target, next }) => target === one.by && next <= one.sequence)]),
  );
  for (let decided = -1; decided < standing.size + fallen.size; ) {
    decided = standing.size + fallen.size;
    for (const [one, others] of against) {
      if (others.some((other) => standing.has(other))) fallen.add(one);
      else if (others.every((other) => fallen.has(other))) standing.add(one);
    }
  }
  return said.filter((one) => standing.has(one));
}

/** By device number, how many entries of a log stand: of several retirements of one device, the smallest number counts. */
export function retirementEnds(said: readonly Retirement[]): ReadonlyMap<number, number> {
  const ends = new Map<number, number>();
  for (const { target, next } of standingRetirements(said)) {
    if (target !== undefined) ends.set(target, Math.min(next, ends.get(target) ?? next));
  }
  return ends;
}
