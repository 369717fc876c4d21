/** Words from a file that may be one of our own pages: what stands in its list of words, without the page around it. */

const WORD_LIST = /<ol class="words\b[^>]*>([\s\S]*?)<\/ol>/i;

/** The text itself when it is no such page. */
export function wordsOfPage(text: string): string {
  if (!/^\s*<!doctype html/i.test(text)) return text;
  return (WORD_LIST.exec(text)?.[1] ?? '').replace(/<[^>]*>/g, ' ');
}
