/**
 * Which paths a list of patterns chooses, pattern for pattern as restic's `--exclude` does: a pattern matches whole names, anywhere in a path or,
 * with a leading `/`, from its root; what it matches includes all that is below; `**` stands for any number of names; a later `!pattern`
 * takes back. Pure.
 */
import { posix } from 'node:path';
import { lowerCase, type NameMatcher, nameMatcher, noPattern } from './name-glob.ts';
import { ANY_NUMBER, type Token, wildMatch } from './wild-match.ts';

export interface PathRules {
  /** `path` is absolute, its names as `readName` takes them. */
  matches(path: string): boolean;
  /** May something below `path` be matched? */
  mayMatchBelow(path: string): boolean;
}

export interface PathRulesOptions {
  /** Capital and small letters are the same. */
  readonly anyCase?: boolean;
  /** Of a name as it comes, the text that is matched. */
  readonly readName?: (name: string) => string;
}

interface Rule {
  readonly takesBack: boolean;
  /** Of the names from the root; what is below is not counted in. */
  readonly tokens: readonly Token<string>[];
  /** The last name must be one of these; looked at first, as it is cheap and usually says no. */
  readonly last: NameMatcher | undefined;
}

/** Throws 'usage' for a pattern that is malformed or names nothing (".", "!"). Empty patterns say nothing. */
export function pathRules(patterns: readonly string[], options: PathRulesOptions = {}): PathRules {
  const { anyCase = false, readName = (name) => name } = options;
  const rules = patterns
    .filter((pattern) => pattern !== '')
    .map((pattern) => ruleOf(anyCase ? lowerCase(pattern) : pattern));
  if (rules.length === 0) return { matches: () => false, mayMatchBelow: () => false };
  return new Rules(rules, anyCase ? (name) => lowerCase(readName(name)) : readName);
}

/** Asked for the entries of one folder after the other: what holds for the folder is found once. */
class Rules implements PathRules {
  readonly #rules: readonly Rule[];
  readonly #readName: (name: string) => string;
  #folder = '';
  #names: string[] = [];
  #hits: readonly boolean[];

  constructor(rules: readonly Rule[], readName: (name: string) => string) {
    this.#rules = rules;
    this.#readName = readName;
    this.#hits = rules.map((rule) => hits(rule, [], 0));
  }

  matches(path: string): boolean {
    const end = path.lastIndexOf('/');
    const folder = path.slice(0, end);
    if (folder !== this.#folder) this.#enter(folder);
    const depth = this.#names.length;
    this.#names.push(this.#readName(path.slice(end + 1)));
    let matched = false;
    for (const [i, rule] of this.#rules.entries()) {
      if (matched !== rule.takesBack) continue;
      if (this.#hits[i] || hits(rule, this.#names, depth + 1)) matched = !rule.takesBack;
    }
    this.#names.pop();
    return matched;
  }

  mayMatchBelow(path: string): boolean {
    const names = this.#namesOf(path);
    let may = false;
    for (const { takesBack, tokens } of this.#rules) {
      if (may !== takesBack) continue;
      if (leadsTo(tokens, names)) may = !takesBack;
    }
    return may;
  }

  #namesOf(path: string): string[] {
    return path
      .split('/')
      .slice(1)
      .map((name) => this.#readName(name));
  }

  #enter(folder: string): void {
    this.#folder = folder;
    this.#names = this.#namesOf(folder);
    this.#hits = this.#rules.map((rule) => {
      for (let depth = 0; depth <= this.#names.length; depth++) {
        if (hits(rule, this.#names, depth)) return true;
      }
      return false;
    });
  }
}

/** Is the entry of these first names matched itself? */
function hits({ tokens, last }: Rule, names: readonly string[], depth: number): boolean {
  if (last && (depth === 0 || !last(names[depth - 1] ?? ''))) return false;
  return wildMatch(tokens, names, depth);
}

/** Are these names a way to what matches, or already below it? */
function leadsTo(tokens: readonly Token<string>[], names: readonly string[]): boolean {
  for (const [i, token] of tokens.entries()) {
    if (token === ANY_NUMBER || i === names.length) return true;
    if (!token(names[i] ?? '')) return false;
  }
  return true;
}

function ruleOf(pattern: string): Rule {
  const takesBack = pattern.startsWith('!');
  const path = posix.normalize(takesBack ? pattern.slice(1) : pattern).replace(/(.)\/$/s, '$1');
  if (path === '.') throw noPattern(pattern, 'it names nothing');
  const anchored = path.startsWith('/');
  const names = path.split('/').filter((name) => name !== '');
  const matchers = names.map((name) => (name === '**' ? ANY_NUMBER : nameMatcher(name)));
  const last = matchers.at(-1);
  return {
    takesBack,
    tokens: anchored ? matchers : [ANY_NUMBER, ...matchers],
    last: last === ANY_NUMBER ? undefined : last,
  };
}
