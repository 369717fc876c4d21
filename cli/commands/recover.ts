/** `vault recover`: an empty machine becomes a device of an existing vault, from the 24 words (or shares of them) and a ticket. */
import { combineShares, recoverVault, requireNoVault, VaultError } from '../../src/index.ts';
import { printSnapshots } from '../printers/snapshots.ts';
import { type Arguments, type CommandSpec, defineCommand } from '../terminal/command.ts';
import { wordsOfPage } from '../terminal/page-words.ts';
import { passphraseOf } from '../terminal/passphrase.ts';
import { ask, canAsk } from '../terminal/prompt.ts';
import type { Session } from '../terminal/session.ts';
import { readStandardInput, readText, readTextFile } from '../terminal/text-input.ts';
import { readShares, SHARES_FILE_OPTION } from './shares-input.ts';
import { homeOf, listeners, noPositionals, requiredValue, TICKET_OPTION } from './vault-options.ts';

interface RecoverPlan {
  readonly ticket: string;
  /** A file, or "-"; absent: asked. */
  readonly wordsFile?: string;
  /** Files of shares in the place of words; an empty list: the shares are asked for. */
  readonly sharesFiles?: readonly string[];
}

const WORDS = 24;

function parseRecover(args: Arguments): RecoverPlan {
  noPositionals(args, 'recover');
  const ticket = requiredValue(args, 'ticket', 'vault recover --ticket @ticket.txt');
  const wordsFile = args.value('words-file');
  if (ticket === '-' && wordsFile === '-') {
    throw new VaultError('usage', 'standard input cannot be both the ticket and the words');
  }
  const sharesFiles = args.values('shares-file');
  if (sharesFiles.length === 0 && !args.has('shares'))
    return wordsFile === undefined ? { ticket } : { ticket, wordsFile };
  if (wordsFile === undefined) return { ticket, sharesFiles };
  throw new VaultError('usage', 'give the words or shares of them, not both');
}

/** Line by line until there are 24, so that they may be typed as they stand on the sheet. */
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

async function readWords(plan: RecoverPlan, session: Session): Promise<string> {
  const what = 'the recovery words';
  if (plan.sharesFiles) return wordsOfShares(plan.sharesFiles, session);
  if (plan.wordsFile === undefined) return askWords(session);
  if (plan.wordsFile === '-') return readStandardInput(session, what);
  return wordsOfPage(await readTextFile(plan.wordsFile, what));
}

async function wordsOfShares(files: readonly string[], session: Session): Promise<string> {
  const { words, ignored } = await combineShares(await readShares(session, files));
  for (const { name, reason } of ignored) session.warn(`${name} was not used: ${reason}`);
  return words;
}

async function run(plan: RecoverPlan, session: Session): Promise<number> {
  const home = homeOf(session);
  await requireNoVault(home);
  const ticket = await readText(session, plan.ticket, 'the ticket');
  const words = await readWords(plan, session);
  const passphrase = await passphraseOf(session, true);
  const vault = await recoverVault({ home, passphrase, ticket, words, ...listeners(session) });
  try {
    const snapshots = await vault.snapshots({ signal: session.signal });
    session.emit({ message_type: 'recovered', vault_id: vault.vaultId, snapshots: snapshots.length, home });
    session.tell(`This machine is now a device of vault ${vault.vaultId}.`);
    printSnapshots(session, snapshots);
  } finally {
    await vault.close();
  }
  return 0;
}

export const recover: CommandSpec = defineCommand<RecoverPlan>({
  name: 'recover',
  summary: 'make an empty machine ready to restore, from the 24 words and a ticket',
  usage: '--ticket T [--words-file F | --shares | --shares-file F...]',
  options: [
    TICKET_OPTION,
    { name: 'words-file', value: 'F', about: 'file with the 24 words, - for standard input (default: ask)' },
    { name: 'shares', about: 'ask for shares of the words instead (vault key split)' },
    SHARES_FILE_OPTION,
  ],
  details: `
Needs nothing but the 24 words and a ticket of the mesh: finds the holders of the vault, fetches and checks its logs, and lists its
snapshots. The passphrase that is asked is a new one, for this machine only.

Instead of the words it takes as many shares of them as "vault key split" said, typed row by row with --shares or from files with --shares-file.

  vault recover --ticket @ticket.txt
  vault restore latest --target ~/restored`,
  parse: parseRecover,
  run,
});
