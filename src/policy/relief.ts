/** Which groups a full peer declines, so that others take them over and its disk has room again (R5). */

/** One group of one vault, as the peer that keeps it sees it. */
export interface GroupLoad {
  /** What of the group is on this disk, or will be. */
  readonly keptBytes: number;
  /** What the group takes when all its live chunks are here. */
  readonly liveBytes: number;
  /** What of `keptBytes` has still to be fetched, none unless said: others can take that over without anything being moved away. */
  readonly missingBytes?: number;
  /** Declined at present. */
  readonly declined: boolean;
}

/** `usedBytes`: with all that is still to be fetched. */
export interface DiskLoad {
  readonly usedBytes: number;
  readonly limitBytes: number;
}

/** Shares of the limit. The gap between them keeps a peer from declining and taking back the same group for ever. */
const FULL_SHARE = 0.95;
const RELIEVED_SHARE = 0.9;
const ROOMY_SHARE = 0.8;

/**
 * Declines what is still to be fetched and has no room on the disk as it is now: what is declined but cannot be removed yet takes
 * room too, maybe for long, and these chunks must not wait for that. Returns the bytes that will be on the disk.
 */
function withoutUnfetchable<T extends GroupLoad>(
  groups: readonly T[],
  disk: DiskLoad,
  declined: Set<T>,
): number {
  const missing = groups.filter((group) => missingOf(group) > 0).sort((a, b) => missingOf(b) - missingOf(a));
  let bytes = disk.usedBytes;
  for (const group of missing) if (declined.has(group)) bytes -= missingOf(group);
  if (bytes <= FULL_SHARE * disk.limitBytes) return bytes;
  for (const group of missing) {
    if (declined.has(group)) continue;
    if (bytes < RELIEVED_SHARE * disk.limitBytes) break;
    declined.add(group);
    bytes -= missingOf(group);
  }
  return bytes;
}

function missingOf(group: GroupLoad): number {
  return group.missingBytes ?? 0;
}

/**
 * The groups to decline from now on. First those that could not be fetched. More than 95% full (what is declined already taken off):
 * the largest groups are declined until it is below 90%. Below 80%: declined groups are taken back, smallest first, as long as that
 * stays so. In between: no change.
 */
export function planRelief<T extends GroupLoad>(groups: readonly T[], disk: DiskLoad): T[] {
  const declined = new Set(groups.filter((group) => group.declined));
  let thereBytes = withoutUnfetchable(groups, disk, declined);
  let afterBytes = disk.usedBytes;
  for (const group of declined) afterBytes -= group.keptBytes;
  if (afterBytes > FULL_SHARE * disk.limitBytes) {
    const largestFirst = groups
      .filter((group) => !group.declined && group.keptBytes > 0)
      .sort((a, b) => b.keptBytes - a.keptBytes);
    for (const group of largestFirst) {
      if (afterBytes < RELIEVED_SHARE * disk.limitBytes) break;
      declined.add(group);
      afterBytes -= group.keptBytes;
    }
  } else {
    for (const group of [...declined].sort((a, b) => a.liveBytes - b.liveBytes)) {
      const withIt = afterBytes + Math.max(group.liveBytes, group.keptBytes);
      if (withIt >= ROOMY_SHARE * disk.limitBytes) break;
      const missing = missingOf(group);
      if (missing > 0 && thereBytes + missing >= ROOMY_SHARE * disk.limitBytes) continue;
      declined.delete(group);
      afterBytes = withIt;
      thereBytes += missing;
    }
  }
  return groups.filter((group) => declined.has(group));
}
