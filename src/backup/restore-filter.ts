/** Which entries of a snapshot a restore was asked for, by patterns to include or to exclude. */
import { VaultError } from '../model/errors.ts';
import { type PathRules, pathRules } from '../policy/path-rules.ts';

export interface FilterPatterns {
  /** Only what matches one of them. */
  readonly include?: readonly string[] | undefined;
  /** The same; upper and lower case are the same. */
  readonly iinclude?: readonly string[] | undefined;
  /** All but what matches. */
  readonly exclude?: readonly string[] | undefined;
  readonly iexclude?: readonly string[] | undefined;
}

export interface Selection {
  /** The entry itself is restored. */
  readonly selected: boolean;
  /** Entries below a folder may be. */
  readonly below: boolean;
}

export interface RestoreFilter {
  /** `names` from the folder on that is restored, as `nameText` gives them: a byte that is no UTF-8 is one character that no pattern names. */
  select(names: readonly string[]): Selection;
}

/** `undefined` when everything is asked for. Throws 'usage': a pattern that cannot be, or both to include and to exclude. */
export function restoreFilter(patterns: FilterPatterns): RestoreFilter | undefined {
  const includes = listsOf(patterns.include, patterns.iinclude);
  const excludes = listsOf(patterns.exclude, patterns.iexclude);
  if (includes.length > 0 && excludes.length > 0) {
    throw new VaultError('usage', 'say either what to include or what to exclude, not both', {
      hint: 'Patterns to exclude may be taken back with "!".',
    });
  }
  if (includes.length > 0) return { select: (names) => included(includes, names) };
  if (excludes.length > 0) return { select: (names) => notExcluded(excludes, names) };
  return undefined;
}

function listsOf(exact: readonly string[] = [], anyCase: readonly string[] = []): PathRules[] {
  const lists: PathRules[] = [];
  if (exact.length > 0) lists.push(pathRules(exact));
  if (anyCase.length > 0) lists.push(pathRules(anyCase, { anyCase: true }));
  return lists;
}

function pathOf(names: readonly string[]): string {
  return `/${names.join('/')}`;
}

function included(lists: readonly PathRules[], names: readonly string[]): Selection {
  const path = pathOf(names);
  const selected = lists.some((list) => list.matches(path));
  return { selected, below: selected || lists.some((list) => list.mayMatchBelow(path)) };
}

/** What is below an excluded folder is never asked for. */
function notExcluded(lists: readonly PathRules[], names: readonly string[]): Selection {
  const path = pathOf(names);
  const selected = !lists.some((list) => list.matches(path));
  return { selected, below: selected };
}
