/** The 24 words, shown once; on a terminal as a sheet to print or copy by hand, with the ticket and its QR code. */
import type { Session } from '../terminal/session.ts';
import { qrText } from './qr.ts';

export interface RecoveryFacts {
  readonly vaultId: string;
  readonly words: string;
  readonly ticket: string;
  readonly home: string;
}

const COLUMNS = 4;
const CELL = 14;
const TICKET_LINE = 70;

/** Numbered, in rows of four, so that a missing word is seen. */
export function wordLines(words: string): readonly string[] {
  const cells = words
    .split(' ')
    .map((word, index) => `${String(index + 1).padStart(2)} ${word}`.padEnd(CELL));
  const rows = Math.ceil(cells.length / COLUMNS);
  return Array.from({ length: rows }, (_, row) =>
    cells
      .slice(row * COLUMNS, (row + 1) * COLUMNS)
      .join('')
      .trimEnd(),
  );
}

/** Breaks a ticket into lines that fit on paper; white space in a ticket is ignored when it is read. */
function ticketLines(ticket: string): readonly string[] {
  const text = ticket.replace(/\s+/g, '');
  return text.match(new RegExp(`.{1,${TICKET_LINE}}`, 'g')) ?? [];
}

async function printTicket(session: Session, ticket: string): Promise<void> {
  session.print('TICKET - keep it with the words: it is the way to the peers.');
  session.print('');
  for (const line of ticketLines(ticket)) session.print(`  ${line}`);
  const qr = await qrText(ticket, session.terminal.stdout.columns ?? 80);
  if (qr === undefined) session.print('\n(The window is too small for the ticket as a QR code.)');
  else session.print(`\n${qr}`);
  session.print('');
}

/**
 * The words come last, so that they are what is on the screen: the QR code alone fills one. Prints nothing with --json:
 * the words are in the message then.
 */
export async function printWords(session: Session, facts: RecoveryFacts): Promise<void> {
  if (session.mode.json) return;
  const isTerminal = session.terminal.stdout.isTTY === true;
  session.tell(`Vault ${facts.vaultId} is ready in ${facts.home}.`);
  session.tell('');
  if (isTerminal) await printTicket(session, facts.ticket);
  session.print('RECOVERY WORDS - shown only now. Write them down; whoever has them can read everything.');
  session.print('');
  for (const line of wordLines(facts.words)) session.print(`  ${line}`);
  if (!isTerminal) return;
  session.print('');
  session.print(
    '"vault key recovery-sheet" writes both on a page to print. To get everything back on an empty machine:',
  );
  session.print('  vault recover --ticket @ticket.txt');
  session.print('  vault restore latest --target DIR');
}
