/** Compares the restored copy with the source as it is now, and tells real differences from files that changed meanwhile. */
import { lstatSync } from 'node:fs';
import path from 'node:path';
import { type Comparison, compareFolders, type Difference } from '../../src/index.ts';

export interface HonestComparison extends Comparison {
  /** Not explained by anything that happened in the source since the backup began. */
  readonly real: readonly Difference[];
  /** Paths of the source that were changed, made or removed after the backup began; the copy is of an earlier moment. */
  readonly changedMeanwhile: readonly string[];
  /** Paths the backup could not read and said so. */
  readonly unreadable: readonly string[];
  /** Paths that belong to others: only root can give files away, so a restore by anybody else keeps no owners. */
  readonly othersOwn: readonly string[];
}

/** File systems stamp changes with a clock that may lag some milliseconds behind. */
const STAMP_LAG_MS = 50;
const MAX_LISTED = 100_000;

function changedSince(file: string, sinceMs: number): boolean {
  const stat = lstatSync(file, { throwIfNoEntry: false });
  return stat !== undefined && stat.ctimeMs >= sinceMs - STAMP_LAG_MS;
}

/** What is gone from the source left its trace in the nearest folder that is still there. */
function touchedSince(source: string, relative: string, sinceMs: number): boolean {
  for (let at = path.join(source, relative); ; at = path.dirname(at)) {
    if (lstatSync(at, { throwIfNoEntry: false }) !== undefined) return changedSince(at, sinceMs);
    if (at === source || path.dirname(at) === at) return false;
  }
}

export interface HonestCompareOptions {
  readonly source: string;
  readonly restored: string;
  /** When the backup began, milliseconds since 1970. */
  readonly sinceMs: number;
  /** Absolute paths that the backup said it could not read. */
  readonly unreadable: ReadonlySet<string>;
  readonly signal: AbortSignal;
  /** The restore could set owners; default: this process is root's. */
  readonly owners?: boolean;
}

export async function compareHonestly(options: HonestCompareOptions): Promise<HonestComparison> {
  const { source, restored, sinceMs, unreadable, signal, owners = process.getuid?.() === 0 } = options;
  const comparison = await compareFolders({
    expected: source,
    actual: restored,
    self: true,
    maxListed: MAX_LISTED,
    signal,
  });
  const real: Difference[] = [];
  const changed = new Set<string>();
  const unread = new Set<string>();
  const others = new Set<string>();
  for (const difference of comparison.differences) {
    if (unreadable.has(path.join(source, difference.path))) unread.add(difference.path);
    else if (difference.kind === 'owner' && !owners) others.add(difference.path);
    else if (touchedSince(source, difference.path, sinceMs)) changed.add(difference.path);
    else real.push(difference);
  }
  return {
    ...comparison,
    real,
    changedMeanwhile: [...changed],
    unreadable: [...unread],
    othersOwn: [...others],
  };
}
