/** Is a file the one the earlier snapshot holds? Decided from stat data alone, on the careful side (C3). */
import type { FileNode, Timestamp } from '../format/tree-page.ts';
import type { SourceStat } from './file-source.ts';

/** Kernels stamp files with the time of the last tick; two writes within one tick look alike. */
const TICK_MS = 20;

/** Same stat data as in the earlier snapshot. */
export function looksUnchanged(stat: SourceStat, node: FileNode): boolean {
  return (
    stat.size === node.size &&
    sameTime(stat.mtime, node.mtime) &&
    sameTime(stat.ctime, node.ctime) &&
    stat.inode === node.inode
  );
}

/** `parentTime`: when the earlier run began, milliseconds since 1970. What changed since then may have changed again unseen. */
export function isUnchanged(stat: SourceStat, node: FileNode, parentTime: number): boolean {
  return looksUnchanged(stat, node) && millisecondsOf(stat.ctime) < parentTime - TICK_MS;
}

function sameTime(a: Timestamp, b: Timestamp): boolean {
  return a.seconds === b.seconds && a.nanoseconds === b.nanoseconds;
}

function millisecondsOf(time: Timestamp): number {
  return time.seconds * 1000 + time.nanoseconds / 1e6;
}
