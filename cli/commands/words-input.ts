/** The 24 words: from a file, from standard input, or asked line by line as they stand on the sheet. */
import { VaultError } from '../../src/index.ts';
import { wordsOfPage } from '../terminal/page-words.ts';
import { ask, canAsk } from '../terminal/prompt.ts';
import type { Session } from '../terminal/session.ts';
import { readStandardInput, readTextFile } from '../terminal/text-input.ts';

const WORDS = 24;

async function askWords(session: Session): Promise<string> {
  if (!canAsk(session)) {
    throw new VaultError('usage', 'no recovery words: there is no terminal to ask on', {
      hint: 'Give --words-file FILE, or --words-file - for standard input.',
    });
  }
  const words: string[] = [];
  while (words.length < WORDS) {
    const answer = await ask(session, `Recovery words ${words.length + 1} to ${WORDS}: `, { echo: true });
    words.push(...answer.split(/\s+/).filter((word) => /[a-z]/i.test(word)));
    if (answer.trim() === '') break;
  }
  return words.join(' ');
}

/** `wordsFile`: a file, or "-"; absent: asked. */
export async function readWords(
  { wordsFile }: { readonly wordsFile?: string },
  session: Session,
): Promise<string> {
  const what = 'the recovery words';
  if (wordsFile === undefined) return askWords(session);
  if (wordsFile === '-') return readStandardInput(session, what);
  return wordsOfPage(await readTextFile(wordsFile, what));
}
