/**
 * Which paths patterns match, by restic's rules, so that the same command lines mean the same:
 *   a pattern is compared name by name; it matches everything below what it matches
 *   "/home/me" only there; "*.c" and "src/*.c" anywhere; "**" stands for any number of folders
 *   in a name "*" is any text, "?" one character, "[a-z]" and "[^a-z]" one of a set; "\" takes the next character as it is
 *   "!keep.c" takes back what patterns before it match (as long as no folder above is matched)
 */
import { VaultError } from '../model/errors.ts';

interface PatternMatch {
  /** The path, or a folder above it, is matched. */
  readonly matched: boolean;
  /** Something below the path may be matched. */
  readonly below: boolean;
}

export interface PathPatterns {
  /** `names` of the path, from the root on. */
  match(names: readonly string[]): PatternMatch;
}

export interface PatternOptions {
  /** Upper and lower case are the same. */
  readonly ignoreCase?: boolean;
}

const NOTHING: PatternMatch = { matched: false, below: false };
const ANY_DEPTH = '**';

/** Empty patterns say nothing. Throws 'usage' for one that cannot be. */
export function pathPatterns(
  patterns: readonly string[],
  { ignoreCase = false }: PatternOptions = {},
): PathPatterns {
  const rules = patterns.filter((text) => text.trim() !== '').map((text) => new Rule(text, ignoreCase));
  const negates = rules.some(({ negated }) => negated);
  return {
    match: (names) => {
      let { matched, below } = NOTHING;
      for (const rule of rules) {
        const [hit, child] = [rule.matches(names), rule.mayMatchBelow(names)];
        matched = rule.negated ? matched && !hit : matched || hit;
        below = rule.negated ? below && !hit : below || child;
        if (matched && below && !negates) break;
      }
      return { matched, below };
    },
  };
}

/** Tells whether one name matches one part of a pattern. */
type Part = ((name: string) => boolean) | typeof ANY_DEPTH;

class Rule {
  readonly negated: boolean;
  readonly #anchored: boolean;
  readonly #parts: readonly Part[];

  constructor(text: string, ignoreCase: boolean) {
    this.negated = text.startsWith('!');
    const pattern = this.negated ? text.slice(1) : text;
    this.#anchored = pattern.startsWith('/');
    const parts = cleaned(pattern.split('/'));
    if (parts.length === 0 && !this.#anchored) throw invalid(text, 'it names nothing');
    this.#parts = parts
      .filter((part, i) => part !== ANY_DEPTH || parts[i - 1] !== ANY_DEPTH)
      .map((part) => (part === ANY_DEPTH ? part : partOf(part, text, ignoreCase)));
  }

  matches(names: readonly string[]): boolean {
    if (this.#anchored) return this.#from(0, names, 0);
    return names.some((_, at) => this.#from(0, names, at));
  }

  mayMatchBelow(names: readonly string[]): boolean {
    if (!this.#anchored) return true;
    const deep = this.#parts.indexOf(ANY_DEPTH);
    const known = names.slice(0, deep >= 0 ? deep : this.#parts.length);
    return known.every((name, i) => fits(this.#parts[i], name));
  }

  /** Do the parts from `part` on match names from `at` on? Names that are left over lie below. */
  #from(part: number, names: readonly string[], at: number): boolean {
    const test = this.#parts[part];
    if (test === undefined) return true;
    if (test !== ANY_DEPTH) {
      const name = names[at];
      return name !== undefined && test(name) && this.#from(part + 1, names, at + 1);
    }
    for (let next = at; next <= names.length; next++) if (this.#from(part + 1, names, next)) return true;
    return false;
  }
}

/** Without what says nothing: "a//b", "a/./b", "a/x/../b". */
function cleaned(parts: readonly string[]): string[] {
  const clean: string[] = [];
  for (const part of parts) {
    if (part === '..') clean.pop();
    else if (part !== '' && part !== '.') clean.push(part);
  }
  return clean;
}

function fits(part: Part | undefined, name: string): boolean {
  return typeof part === 'function' && part(name);
}

function partOf(part: string, pattern: string, ignoreCase: boolean): Part {
  if (!/[*?[\\]/.test(part)) return literal(part, ignoreCase);
  const regex = new RegExp(`^${translate(part, pattern)}$`, ignoreCase ? 'sui' : 'su');
  return (name) => regex.test(name);
}

function literal(text: string, ignoreCase: boolean): Part {
  if (!ignoreCase) return (name) => name === text;
  const lower = text.toLowerCase();
  return (name) => name.toLowerCase() === lower;
}

const SPECIAL = /[\\^$.*+?()[\]{}|/-]/g;

/** The source of a regular expression; the rules are those of Go's filepath.Match, which restic uses. */
function translate(part: string, pattern: string): string {
  const letters = Array.from(part);
  let source = '';
  for (let i = 0; i < letters.length; i++) {
    const letter = letters[i] ?? '';
    if (letter === '*') source += '.*';
    else if (letter === '?') source += '.';
    else if (letter === '\\') source += escaped(letters[++i], pattern);
    else if (letter === '[') {
      const set = setAt(letters, i + 1, pattern);
      source += set.source;
      i = set.end;
    } else source += letter.replace(SPECIAL, '\\$&');
  }
  return source;
}

/** The set that begins behind a '['; `end` is where its ']' is. */
function setAt(letters: readonly string[], start: number, pattern: string): { source: string; end: number } {
  const negated = letters[start] === '^';
  let i = negated ? start + 1 : start;
  let source = '';
  const one = (): string => {
    const letter = letters[i++];
    if (letter === undefined || (letter === ']' && source === '') || letter === '-') {
      throw invalid(pattern, 'it has a set that is empty or does not end');
    }
    return letter === '\\' ? escaped(letters[i++], pattern) : letter.replace(SPECIAL, '\\$&');
  };
  do {
    source += one();
    if (letters[i] === '-') {
      i++;
      source += `-${one()}`;
    }
  } while (letters[i] !== ']');
  try {
    new RegExp(`[${source}]`, 'u');
  } catch {
    throw invalid(pattern, 'it has a set from a later to an earlier letter');
  }
  return { source: `[${negated ? '^' : ''}${source}]`, end: i };
}

function escaped(letter: string | undefined, pattern: string): string {
  if (letter === undefined) throw invalid(pattern, 'nothing follows its last "\\"');
  return letter.replace(SPECIAL, '\\$&');
}

function invalid(pattern: string, why: string): VaultError {
  return new VaultError('usage', `"${pattern}" is no pattern: ${why}`, {
    hint: 'A "\\" before a special character takes it as it is.',
  });
}
