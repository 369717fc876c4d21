/** `vault key split`: the vault's secret in shares on paper, of which some bring it back and fewer tell nothing. */
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { type PrintedShare, type SplitSecret, systemClock, VaultError } from '../../src/index.ts';
import { type SharePaper, shareName, sharePage, shareText } from '../printers/share-page.ts';
import { type Arguments, type CommandSpec, defineCommand } from '../terminal/command.ts';
import { cannotRead } from '../terminal/file-trouble.ts';
import { writePrivateFile } from '../terminal/private-file.ts';
import { ask, canAsk } from '../terminal/prompt.ts';
import type { Session } from '../terminal/session.ts';
import { keyringOf } from './key-options.ts';
import { noPositionals } from './vault-options.ts';

interface SplitPlan {
  readonly shares: number;
  readonly threshold: number;
  readonly format: 'html' | 'text';
  readonly withTicket: boolean;
  readonly show: boolean;
  /** Absent: a folder of our own in the current one. */
  readonly output?: string;
}

const MAX_SHARES = 16;
const SHORT = 8;
/** Clears the screen and what can be scrolled back. */
const CLEAR = '\u001b[2J\u001b[3J\u001b[H';

function countOf(args: Arguments, name: string, min: number, max: number): number {
  const text = args.value(name);
  const value = Number(text);
  if (text !== undefined && Number.isInteger(value) && value >= min && value <= max) return value;
  const why = text === undefined ? `--${name} is missing` : `--${name} takes a number from ${min} to ${max}`;
  throw new VaultError('usage', why, { hint: 'For example: vault key split --shares 5 --threshold 3' });
}

function parseSplit(args: Arguments): SplitPlan {
  noPositionals(args, 'key split');
  const shares = countOf(args, 'shares', 2, MAX_SHARES);
  const threshold = countOf(args, 'threshold', 2, shares);
  const format = args.value('format') ?? 'html';
  if (format !== 'html' && format !== 'text') throw new VaultError('usage', '--format takes html or text');
  const output = args.value('output');
  const show = args.has('show');
  if (show && output !== undefined)
    throw new VaultError('usage', '--show writes no files, so it takes no --output');
  const plan = { shares, threshold, format, withTicket: !args.has('no-ticket'), show } as const;
  return output === undefined ? plan : { ...plan, output };
}

/** One at a time, and gone from the screen before the next. */
async function showShares(session: Session, papers: readonly SharePaper[]): Promise<void> {
  const { stdout } = session.terminal;
  for (const paper of papers) {
    stdout.write(`${CLEAR}${shareText(paper)}\n`);
    await ask(session, `This was ${shareName(paper.share)}. Copy it, then press Enter: `, { echo: true });
  }
  stdout.write(CLEAR);
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw cannotRead(`the folder ${folder}`, cause);
  }
}

/** All of them or none: shares of a split that is not whole are of no use to anybody. */
async function writeShares(
  folder: string,
  papers: readonly SharePaper[],
  format: SplitPlan['format'],
): Promise<readonly string[]> {
  await makeFolder(folder);
  const written: string[] = [];
  try {
    for (const paper of papers) {
      const { number, count } = paper.share;
      const file = path.join(folder, `share-${number}-of-${count}.${format === 'html' ? 'html' : 'txt'}`);
      await writePrivateFile(file, format === 'html' ? await sharePage(paper) : shareText(paper));
      written.push(file);
    }
    return written;
  } catch (error) {
    await Promise.all(written.map((file) => rm(file, { force: true })));
    throw error;
  }
}

function tellWritten(session: Session, secret: SplitSecret, files: readonly string[]): void {
  const [first] = secret.shares;
  for (const [at, file] of files.entries()) {
    const { number = at + 1 } = secret.shares[at] ?? {};
    session.emit({ message_type: 'share', number, file });
    session.print(`wrote     ${file}`);
  }
  session.emit({ message_type: 'secret_split', vault_id: secret.vaultId, ...splitFacts(first) });
  session.tell(
    `Any ${first?.threshold} of these ${files.length} open the vault. Print each, give each to another hand or place, then delete the files.`,
  );
}

function splitFacts(share: PrintedShare | undefined): Readonly<Record<string, unknown>> {
  return { split: share?.split, shares: share?.count, threshold: share?.threshold };
}

async function run(plan: SplitPlan, session: Session): Promise<number> {
  if (plan.show && !(canAsk(session) && session.terminal.stdout.isTTY === true && !session.mode.json)) {
    throw new VaultError('usage', '--show needs a terminal: the shares are not to lie in one place', {
      hint: 'Without --show each share is written to a file of its own.',
    });
  }
  const { shares, threshold, withTicket } = plan;
  const secret = await (await keyringOf(session)).split({ shares, threshold });
  const madeMs = systemClock.now();
  const papers = secret.shares.map((share) => ({ secret, share, madeMs, withTicket }));
  if (plan.show) {
    await showShares(session, papers);
    return 0;
  }
  const name = `vault-shares-${secret.vaultId.slice(0, SHORT)}-${secret.shares[0]?.split}`;
  tellWritten(session, secret, await writeShares(path.resolve(plan.output ?? name), papers, plan.format));
  return 0;
}

export const keySplit: CommandSpec = defineCommand<SplitPlan>({
  name: 'key split',
  summary: 'split the 24 words into shares, some of which bring them back',
  usage: '--shares N --threshold K [--output FOLDER] [--format html|text] [--no-ticket] [--show]',
  options: [
    { name: 'shares', value: 'N', about: 'how many shares to make: 2 to 16' },
    { name: 'threshold', value: 'K', about: 'how many of them bring the words back: 2 to N' },
    {
      name: 'output',
      short: 'o',
      value: 'FOLDER',
      about: 'where (default: vault-shares-ID-SPLIT in this folder)',
    },
    { name: 'format', value: 'FORMAT', about: 'html, a page to print for each share (default), or text' },
    { name: 'no-ticket', about: 'leave the ticket out: then somebody else has to have one' },
    { name: 'show', about: 'show the shares on the terminal, one after the other, and write no file' },
  ],
  details: `
For friends, heirs and safes: any K of the N shares give the 24 words back, K - 1 of them tell nothing at all. Asks for the passphrase and writes each share
to a file of its own that only you can read: 40 words in eight rows, each with a check word, so that a mistake in typing is found in its
row. Print them, hand them out, delete the files. Nothing is changed in the vault, and old shares and papers go on to work: a new split takes nothing
away from those who have shares of an old one. Shares of two splits do not mix; every share says which split it is of.

  vault key split --shares 5 --threshold 3
  vault recover --ticket @ticket.txt --shares`,
  parse: parseSplit,
  run,
});
