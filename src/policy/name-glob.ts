/** One name against a pattern as in Go's `path/filepath.Match`, which restic's patterns are made of: `*`, `?`, `[a-z]`, `[^a-z]`, `\x`. */
import { VaultError } from '../model/errors.ts';
import { ANY_NUMBER, type Token, wildMatch } from './wild-match.ts';

export type NameMatcher = (name: string) => boolean;

const SPECIAL = /[\\[\]*?]/;

/** Has it anything but plain characters? */
export function isGlob(pattern: string): boolean {
  return SPECIAL.test(pattern);
}

/** Throws 'usage' for a pattern that is malformed. */
export function nameMatcher(pattern: string): NameMatcher {
  if (!isGlob(pattern)) return (name) => name === pattern;
  const tokens = new GlobParser(pattern).tokens();
  if (pattern === '*') return () => true;
  const rest = pattern.slice(1);
  if (pattern.startsWith('*') && !isGlob(rest)) return (name) => name.endsWith(rest);
  const start = pattern.slice(0, -1);
  if (pattern.endsWith('*') && !isGlob(start)) return (name) => name.startsWith(start);
  return (name) => wildMatch(tokens, Array.from(name));
}

/** One character for one, so that a pattern and a name stay as long as they were. */
export function lowerCase(text: string): string {
  let lower = '';
  for (const sign of text) lower += String.fromCodePoint(sign.toLowerCase().codePointAt(0) ?? 0);
  return lower;
}

export function noPattern(pattern: string, why: string): VaultError {
  return new VaultError('usage', `"${pattern}" is no pattern: ${why}`, {
    hint: 'Patterns know *, ?, [a-z], [^a-z] and **; a backslash takes the meaning of the next character away.',
  });
}

class GlobParser {
  readonly #pattern: string;
  readonly #signs: readonly string[];
  #at = 0;

  constructor(pattern: string) {
    this.#pattern = pattern;
    this.#signs = Array.from(pattern);
  }

  tokens(): Token<string>[] {
    const tokens: Token<string>[] = [];
    while (this.#at < this.#signs.length) {
      const sign = this.#next();
      if (sign === '*') tokens.push(ANY_NUMBER);
      else if (sign === '?') tokens.push(() => true);
      else if (sign === '[') tokens.push(this.#class());
      else {
        const literal = sign === '\\' ? this.#next() : sign;
        tokens.push((item) => item === literal);
      }
    }
    return tokens;
  }

  #class(): Token<string> {
    const negated = this.#signs[this.#at] === '^';
    if (negated) this.#at++;
    const ranges: (readonly [low: number, high: number])[] = [];
    while (ranges.length === 0 || this.#signs[this.#at] !== ']') {
      const low = this.#member();
      if (this.#signs[this.#at] !== '-') ranges.push([low, low]);
      else {
        this.#at++;
        const high = this.#member();
        if (high < low) throw this.#malformed();
        ranges.push([low, high]);
      }
    }
    this.#at++;
    return (item) => {
      const code = item.codePointAt(0) ?? 0;
      return ranges.some(([low, high]) => low <= code && code <= high) !== negated;
    };
  }

  /** `-` and `]` stand for themselves only behind a backslash. */
  #member(): number {
    const sign = this.#next();
    if (sign === '-' || sign === ']') throw this.#malformed();
    return (sign === '\\' ? this.#next() : sign).codePointAt(0) ?? 0;
  }

  #next(): string {
    const sign = this.#signs[this.#at++];
    if (sign === undefined) throw this.#malformed();
    return sign;
  }

  #malformed(): VaultError {
    return noPattern(this.#pattern, 'it is malformed');
  }
}
