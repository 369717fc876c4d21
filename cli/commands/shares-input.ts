/** Shares from files, or asked row by row until enough of one split are there. */
import { type GivenShare, isVaultError, type ShareFacts, typeShare, VaultError } from '../../src/index.ts';
import type { OptionSpec } from '../terminal/command.ts';
import { wordsOfPage } from '../terminal/page-words.ts';
import { ask, canAsk } from '../terminal/prompt.ts';
import type { Session } from '../terminal/session.ts';
import { readTextFile } from '../terminal/text-input.ts';

export const SHARES_FILE_OPTION: OptionSpec = {
  name: 'shares-file',
  value: 'F',
  multiple: true,
  about: 'file with one share, as text or as the page that was printed; give it once for each share',
};

const ROWS = 8;

/** Without files the shares are asked for. Throws 'usage'. */
export async function readShares(session: Session, files: readonly string[]): Promise<readonly GivenShare[]> {
  if (files.length === 0) return askShares(session);
  return Promise.all(
    files.map(async (file) => ({ name: file, text: wordsOfPage(await readTextFile(file, 'a share')) })),
  );
}

async function askShares(session: Session): Promise<readonly GivenShare[]> {
  if (!canAsk(session)) {
    throw new VaultError('usage', 'no shares: there is no terminal to ask on', {
      hint: 'Give --shares-file FILE once for each share.',
    });
  }
  const given: GivenShare[] = [];
  const numbers = new Map<string, Set<number>>();
  for (;;) {
    const { text, facts } = await askShare(session, given.length + 1);
    given.push({ name: `share ${facts.number} of split ${facts.split}`, text });
    const known = (numbers.get(facts.split) ?? new Set<number>()).add(facts.number);
    numbers.set(facts.split, known);
    const missing = facts.threshold - known.size;
    say(session, progress(facts, missing));
    if (missing <= 0) return given;
  }
}

function progress({ number, count, split }: ShareFacts, missing: number): string {
  const left = missing <= 0 ? 'these are enough' : `${missing} more of this split needed`;
  return `share ${number} of ${count} of split ${split}: ${left}`;
}

/** A row that is wrong is asked again: the paper is right. An empty answer ends it. */
async function askShare(session: Session, turn: number): Promise<{ text: string; facts: ShareFacts }> {
  const share = await typeShare();
  const rows: string[] = [];
  while (share.rows < ROWS) {
    const answer = await ask(session, `Share ${turn}, row ${share.rows + 1} of ${ROWS}: `, { echo: true });
    if (answer.trim() === '')
      throw new VaultError('usage', 'a row of the share is missing; nothing was done');
    try {
      share.add(answer);
      rows.push(answer);
    } catch (error) {
      if (!isVaultError(error, 'wrong-shares')) throw error;
      const { reason = error.message } = error.data ?? {};
      say(session, `${String(reason)} - type it again`);
    }
  }
  return { text: rows.join('\n'), facts: share.facts() };
}

/** Beside the questions, which are on stderr too. */
function say(session: Session, text: string): void {
  session.terminal.stderr.write(`${text}\n`);
}
