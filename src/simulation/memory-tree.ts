/** A person's files in memory: what devices back up, change, and get back (the workload's half of FileSource and FileTarget). */
import type { Timestamp } from '../format/tree-page.ts';
import { bytesEqual } from '../model/bytes.ts';

interface MemoryFile {
  readonly type: 'file';
  readonly bytes: Uint8Array;
  readonly mode: number;
  readonly mtime: Timestamp;
  readonly inode: bigint;
}

interface MemoryFolder {
  readonly type: 'directory';
  readonly mode: number;
  readonly mtime: Timestamp;
  readonly inode: bigint;
}

interface MemoryLink {
  readonly type: 'symlink';
  readonly target: Uint8Array;
  readonly mode: number;
  readonly mtime: Timestamp;
  readonly inode: bigint;
}

export type MemoryNode = MemoryFile | MemoryFolder | MemoryLink;

/** Absolute paths as byte strings ("/data/a"); nodes never change, they are replaced. */
export type MemoryTree = ReadonlyMap<string, MemoryNode>;

export function timestampOf(ms: number): Timestamp {
  const seconds = Math.floor(ms / 1000);
  return { seconds, nanoseconds: Math.round((ms - seconds * 1000) * 1e6) % 1e9 };
}

function sameNode(a: MemoryNode, b: MemoryNode): boolean {
  const sameTimes = a.mtime.seconds === b.mtime.seconds && a.mtime.nanoseconds === b.mtime.nanoseconds;
  if (a.type !== b.type || !sameTimes) return false;
  if (a.type === 'symlink' && b.type === 'symlink') return bytesEqual(a.target, b.target);
  if (a.mode !== b.mode) return false;
  return a.type !== 'file' || b.type !== 'file' || bytesEqual(a.bytes, b.bytes);
}

/** The first difference in a sentence; `undefined` when both hold the same names, bytes, modes, times and links. */
export function differenceOf(expected: MemoryTree, actual: MemoryTree): string | undefined {
  for (const [path, node] of expected) {
    const other = actual.get(path);
    if (!other) return `${path} is missing`;
    if (!sameNode(node, other)) return `${path} differs (${node.type}, ${other.type})`;
  }
  for (const path of actual.keys()) if (!expected.has(path)) return `${path} should not be there`;
  return undefined;
}
