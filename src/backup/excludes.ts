/** Which paths a backup leaves out: patterns like those of a .gitignore file, read from the root of the file system. */
import ignore from 'ignore';
import { type BytePath, shownPath } from './byte-path.ts';

export interface Excludes {
  /** `path` is absolute. What is below an excluded folder is never asked for. */
  matches(path: BytePath, isFolder: boolean): boolean;
}

/** "*.o" and "node_modules/" match anywhere, "/home/u/cache" only there, "!keep.o" takes back. No pattern excludes nothing. */
export function excludesOf(patterns: readonly string[]): Excludes {
  if (patterns.length === 0) return { matches: () => false };
  const rules = ignore({ ignorecase: false, allowRelativePaths: true }).add([...patterns]);
  return {
    matches: (path, isFolder) => {
      const relative = shownPath(path).slice(1);
      return relative !== '' && rules.ignores(isFolder ? `${relative}/` : relative);
    },
  };
}
