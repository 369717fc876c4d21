/** Which folders of a restore's target lie on the way to what was backed up: nobody asked for them, they are only passed. */
import { type BytePath, pathOfBytes } from './byte-path.ts';
import { splitPath } from './tree-reader.ts';

/**
 * Paths relative to the target, '' among them, of all folders strictly above one of `paths`, when `inside` (default: the
 * root) is restored directly into it. Nothing for no paths: then everything was asked for.
 */
export function waysTo(paths: readonly Uint8Array[], inside?: Uint8Array): ReadonlySet<BytePath> {
  const start = namesOf(inside ?? new Uint8Array());
  const ways = new Set<BytePath>();
  for (const path of paths) {
    const names = namesOf(path);
    if (!start.every((name, i) => name === names[i])) continue;
    for (let length = start.length; length < names.length; length++) {
      ways.add(names.slice(start.length, length).join('/'));
    }
  }
  return ways;
}

function namesOf(path: Uint8Array): BytePath[] {
  return splitPath(path).map(pathOfBytes);
}
