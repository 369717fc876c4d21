/** By which paths a snapshot names what it was made of: all of them, or, when they are too many, the folders that they are in. */
import { MAX_PATHS } from '../format/snapshot.ts';
import { KiB } from '../model/units.ts';
import type { BytePath } from './byte-path.ts';

/** Leaves room in a snapshot for its tags and its root. */
const MAX_BYTES: number = 128 * KiB;

/** `paths` sorted. The deepest ones give way to their folders first, so that the names stay as exact as they can. */
export function namePaths(paths: readonly BytePath[]): readonly BytePath[] {
  let named = new Set(paths);
  while (!fits(named)) {
    const deepest = Math.max(...depths(named));
    if (deepest === 0) break;
    named = new Set([...named].map((path) => (depthOf(path) === deepest ? folderOf(path) : path)));
  }
  return named.size === paths.length ? paths : [...named].sort();
}

function fits(paths: ReadonlySet<BytePath>): boolean {
  let bytes = 0;
  for (const path of paths) bytes += path.length;
  return paths.size <= MAX_PATHS && bytes <= MAX_BYTES;
}

/** Of each path once, so that a list of many paths is no list of arguments. */
function depths(paths: Iterable<BytePath>): ReadonlySet<number> {
  const found = new Set<number>();
  for (const path of paths) found.add(depthOf(path));
  return found;
}

function depthOf(path: BytePath): number {
  return path === '/' ? 0 : path.split('/').length - 1;
}

function folderOf(path: BytePath): BytePath {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}
