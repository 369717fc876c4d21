/** Matches a list of items against a pattern in which one sign stands for any number of them: the characters of a name, or the names of a path. */

/** Any number of items, none included. */
export const ANY_NUMBER: unique symbol = Symbol('any number');

/** One item, or any number of them. */
export type Token<T> = ((item: T) => boolean) | typeof ANY_NUMBER;

/**
 * Does the whole of the first `length` items match? Where `ANY_NUMBER` took too few, the last one takes one more: no pattern takes longer
 * than its length times that of the items.
 */
export function wildMatch<T>(
  tokens: readonly Token<T>[],
  items: readonly T[],
  length: number = items.length,
): boolean {
  let token = 0;
  let item = 0;
  let retryToken = -1;
  let retryItem = 0;
  while (item < length) {
    const wanted = tokens[token];
    if (wanted === ANY_NUMBER) {
      token++;
      retryToken = token;
      retryItem = item;
    } else if (wanted?.(items[item] as T)) {
      token++;
      item++;
    } else if (retryToken >= 0) {
      token = retryToken;
      retryItem++;
      item = retryItem;
    } else return false;
  }
  while (tokens[token] === ANY_NUMBER) token++;
  return token === tokens.length;
}
