/**
 * Patterns of `vault find`: without '/' compared with the name, else with the whole path (from the root with '/' in front, else from some
 * folder on); `**` stands for any number of names. Sets are the shell's, so also [!a-z] and []a]. Pure.
 */
import { lowerCase, nameMatcher, noPattern } from './name-glob.ts';
import { ANY_NUMBER, type Token, wildMatch } from './wild-match.ts';

/** `path` is absolute. */
export type PathTest = (path: string) => boolean;

/** Throws 'usage' for what is no pattern. */
export function pathTest(pattern: string, ignoreCase = false): PathTest {
  const text = ignoreCase ? lowerCase(pattern) : pattern;
  const names = text.split('/').filter((name) => name !== '');
  if (names.length === 0) throw noPattern(pattern, 'it fits no name');
  const tokens = names.map(
    (name): Token<string> => (name === '**' ? ANY_NUMBER : nameMatcher(withShellSets(name))),
  );
  const wanted: readonly Token<string>[] = text.startsWith('/') ? tokens : [ANY_NUMBER, ...tokens];
  return (path) => wildMatch(wanted, (ignoreCase ? lowerCase(path) : path).split('/').slice(1));
}

/** "[!" negates, and a "]" right behind the beginning of a set is one of it. */
function withShellSets(name: string): string {
  return name.replaceAll(/\\.|\[([!^]?)(\]?)/gsu, (found: string, not?: string, bracket?: string) =>
    found.startsWith('\\') ? found : `[${not ? '^' : ''}${bracket ? '\\]' : ''}`,
  );
}
