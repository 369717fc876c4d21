/** Which parts of the file system a backup of several paths visits: a small tree from "/" down to each path. */
import type { BytePath } from './byte-path.ts';

/** 'all': the path itself was asked for, with everything below. Otherwise only the named entries are visited. */
export type PathPlan = 'all' | ReadonlyMap<BytePath, PathPlan>;

/** `paths` are absolute and resolved. A path below another one adds nothing. */
export function planPaths(paths: readonly BytePath[]): PathPlan {
  let plan: PathPlan = new Map();
  for (const path of paths) plan = withPath(plan, path.split('/').filter(Boolean));
  return plan;
}

function withPath(plan: PathPlan, names: readonly BytePath[]): PathPlan {
  const [first, ...rest] = names;
  if (plan === 'all' || first === undefined) return 'all';
  return new Map(plan).set(first, withPath(plan.get(first) ?? new Map<BytePath, PathPlan>(), rest));
}
