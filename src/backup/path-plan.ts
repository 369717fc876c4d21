/** Which parts of the file system a backup of several paths visits: a small tree from "/" down to each path. */
import { type BytePath, joinPath } from './byte-path.ts';

/** 'all': the path itself was asked for, with everything below. Otherwise only the named entries are visited. */
export type PathPlan = 'all' | ReadonlyMap<BytePath, PathPlan>;

type Growing = Map<BytePath, 'all' | Growing>;

/** `paths` are absolute and resolved. A path below another one adds nothing. */
export function planPaths(paths: readonly BytePath[]): PathPlan {
  const root: Growing = new Map();
  for (const path of paths) {
    const names = path.split('/').filter(Boolean);
    const last = names.pop();
    if (last === undefined) return 'all';
    folderOf(root, names)?.set(last, 'all');
  }
  return root;
}

/** The paths that are asked for with everything below them. */
export function endsOf(plan: PathPlan, at: BytePath = '/'): BytePath[] {
  if (plan === 'all') return [at];
  return [...plan].flatMap(([name, below]) => endsOf(below, joinPath(at, name)));
}

/** None where a folder on the way is asked for as a whole. */
function folderOf(root: Growing, names: readonly BytePath[]): Growing | undefined {
  let at = root;
  for (const name of names) {
    const next = at.get(name) ?? new Map();
    if (next === 'all') return undefined;
    at.set(name, next);
    at = next;
  }
  return at;
}
