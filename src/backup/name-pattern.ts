/** Shell patterns for names and paths: * ? [a-z] [!a-z], ** for any number of folders, and \ before a character that means itself. */
import { VaultError } from '../model/errors.ts';

/** `path` is absolute. */
export type PathTest = (path: string, name: string) => boolean;

/**
 * A pattern without '/' is compared with the name; one that begins with '/' with the whole path; any other with the end of the path, from
 * some folder on. Throws 'usage' for what is no pattern.
 */
export function pathTest(pattern: string, ignoreCase = false): PathTest {
  if (pattern === '') throw new VaultError('usage', 'an empty pattern fits no name');
  const flags = ignoreCase ? 'isu' : 'su';
  const text = pattern.length > 1 && pattern.endsWith('/') ? pattern.slice(0, -1) : pattern;
  if (!text.includes('/')) {
    const names = compiled(expression(text), pattern, flags);
    return (_path, name) => names.test(name);
  }
  const begin = text.startsWith('/') ? '' : '(?:.*/)?';
  const paths = compiled(begin + expression(text), pattern, flags);
  return text.startsWith('/') ? (path) => paths.test(path) : (path) => paths.test(path.slice(1));
}

function compiled(source: string, pattern: string, flags: string): RegExp {
  try {
    return new RegExp(`^${source}$`, flags);
  } catch (error) {
    throw new VaultError('usage', `"${pattern}" is no pattern`, {
      hint: 'Put a \\ before a character that means itself.',
      cause: error,
    });
  }
}

function expression(pattern: string): string {
  let source = '';
  for (let at = 0; at < pattern.length; ) {
    const [part, length] = nextPart(pattern.slice(at));
    source += part;
    at += length;
  }
  return source;
}

/** What the beginning of `rest` stands for, and how long it is. */
function nextPart(rest: string): readonly [string, number] {
  if (rest.startsWith('**/')) return ['(?:[^/]+/)*', 3];
  if (rest.startsWith('**')) return ['.*', 2];
  if (rest.startsWith('*')) return ['[^/]*', 1];
  if (rest.startsWith('?')) return ['[^/]', 1];
  const set = /^\[([!^]?)(\]?[^\]]*)\]/su.exec(rest);
  if (set) return [`(?!/)[${set[1] ? '^' : ''}${literalSet(set[2] ?? '')}]`, set[0].length];
  if (rest.startsWith('\\') && rest.length > 1)
    return [literal(firstCharacter(rest.slice(1))), 1 + firstCharacter(rest.slice(1)).length];
  const character = firstCharacter(rest);
  return [literal(character), character.length];
}

function firstCharacter(text: string): string {
  return String.fromCodePoint(text.codePointAt(0) ?? 0);
}

function literal(character: string): string {
  return /[\\^$.*+?()[\]{}|/]/u.test(character) ? `\\${character}` : character;
}

/** Ranges keep their '-'; everything else in a set means itself. */
function literalSet(characters: string): string {
  return characters.replace(/[\\^[\]|]/gu, '\\$&').replace(/^-|-$/gu, '\\-');
}
