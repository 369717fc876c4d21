/** Is a file the one the earlier snapshot holds? Decided from stat data alone, on the careful side (C3). */
import type { FileNode, Timestamp } from '../format/tree-page.ts';
import type { QuickStat } from './file-source.ts';

/** Kernels stamp files with the time of the last tick; two writes within one tick look alike. */
const TICK_MS = 20;

/** A quick look's times are doubles. */
const SAME_MS = 0.001;

/** Same stat data as in the earlier snapshot, as far as a quick look tells. */
export function looksUnchanged(seen: QuickStat, node: FileNode): boolean {
  return (
    seen.size === node.size &&
    Math.abs(seen.mtimeMs - millisecondsOf(node.mtime)) < SAME_MS &&
    Math.abs(seen.ctimeMs - millisecondsOf(node.ctime)) < SAME_MS &&
    seen.inode === Number(node.inode)
  );
}

/** `parentTime`: when the earlier run began, milliseconds since 1970. What changed since then may have changed again unseen. */
export function isUnchanged(seen: QuickStat, node: FileNode, parentTime: number): boolean {
  return looksUnchanged(seen, node) && !isRacy(seen, parentTime);
}

/** It has changed so shortly before a run began, or since, that it may have changed again without looking different. */
export function isRacy(seen: QuickStat, startedMs: number): boolean {
  return seen.ctimeMs >= startedMs - TICK_MS;
}

function millisecondsOf(time: Timestamp): number {
  return time.seconds * 1000 + time.nanoseconds / 1e6;
}
