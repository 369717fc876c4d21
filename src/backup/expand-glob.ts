/** The paths that match a pattern of `--files-from`, as Go's `filepath.Glob` finds them, which restic uses: name by name, no `**`, dot files too. */
import { isVaultError } from '../model/errors.ts';
import { isGlob, type NameMatcher, nameMatcher } from '../policy/name-glob.ts';
import { type BytePath, joinPath, pathOfText } from './byte-path.ts';
import type { FileSource } from './file-source.ts';
import { nameText } from './name-text.ts';

/** Absolute or from the working folder, as `pattern` is; a pattern without signs is its own path when that is there. Throws 'usage' (malformed). */
export function expandGlob(source: FileSource, pattern: string): BytePath[] {
  const names = pattern.split('/').filter((name) => name !== '');
  let found: BytePath[] = [pattern.startsWith('/') ? '/' : '.'];
  const matchers = names.map((name): NameMatcher | BytePath =>
    isGlob(name) ? nameMatcher(name) : pathOfText(name),
  );
  for (const wanted of matchers) {
    found = found.flatMap((folder) => below(source, folder, wanted));
  }
  return names.length === 0 ? [] : found;
}

function below(source: FileSource, folder: BytePath, wanted: NameMatcher | BytePath): BytePath[] {
  try {
    if (typeof wanted === 'function') {
      const names = source.list(folder).filter((name) => wanted(nameText(name)));
      return names.map((name) => joinPath(folder, name));
    }
    const path = joinPath(folder, wanted);
    source.look(path);
    return [path];
  } catch (error) {
    if (isVaultError(error, 'not-found', 'source-unreadable')) return [];
    throw error;
  }
}
