/** `vault recover`: an empty machine becomes a device of an existing vault, from the 24 words (or shares of them) and a ticket. */
import {
  acceptInvitation,
  combineShares,
  type DeviceRole,
  recoverVault,
  requireNoVault,
  requireTicket,
  VaultError,
  type VaultHandle,
} from '../../src/index.ts';
import { whileWorking } from '../printers/long-work.ts';
import { printSnapshots } from '../printers/snapshots.ts';
import { type Arguments, type CommandSpec, defineCommand } from '../terminal/command.ts';
import { LIMIT_OPTIONS } from '../terminal/limits.ts';
import { wordsOfPage } from '../terminal/page-words.ts';
import { passphraseFrom, passphraseOf } from '../terminal/passphrase.ts';
import { ask, canAsk } from '../terminal/prompt.ts';
import type { Session } from '../terminal/session.ts';
import { readStandardInput, readText, readTextFile } from '../terminal/text-input.ts';
import { readShares, SHARES_FILE_OPTION } from './shares-input.ts';
import { homeOf, listeners, noPositionals, requiredValue, TICKET_OPTION } from './vault-options.ts';

/** The vault's secret, in one of its forms, and a ticket. */
interface FromSecret {
  readonly ticket: string;
  /** A file, or "-"; absent: asked. */
  readonly wordsFile?: string;
  /** Files of shares in the place of words; an empty list: the shares are asked for. */
  readonly sharesFiles?: readonly string[];
}

type RecoverPlan = FromSecret | { readonly invitation: string };

const WORDS = 24;
const OF_SECRET = ['ticket', 'words-file', 'shares', 'shares-file'] as const;

function parseRecover(args: Arguments): RecoverPlan {
  noPositionals(args, 'recover');
  const invitation = args.value('invitation');
  if (invitation !== undefined) {
    const other = OF_SECRET.find((name) => args.has(name));
    if (other === undefined) return { invitation };
    throw new VaultError('usage', `an invitation has everything in it: --${other} does not go with it`);
  }
  const ticket = requiredValue(args, 'ticket', 'vault recover --ticket @ticket.txt');
  const wordsFile = args.value('words-file');
  if (ticket === '-' && wordsFile === '-') {
    throw new VaultError('usage', 'standard input cannot be both the ticket and the words');
  }
  const sharesFiles = args.values('shares-file');
  if (sharesFiles.length === 0 && !args.has('shares')) {
    return wordsFile === undefined ? { ticket } : { ticket, wordsFile };
  }
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

async function readWords(plan: FromSecret, session: Session): Promise<string> {
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

async function fromSecret(plan: FromSecret, session: Session): Promise<VaultHandle> {
  const home = homeOf(session);
  const ticket = await readText(session, plan.ticket, 'the ticket');
  await requireTicket(ticket);
  const words = await readWords(plan, session);
  const passphrase = await passphraseOf(session, true);
  const recovering = recoverVault({ home, passphrase, ticket, words, ...listeners(session) });
  return whileWorking(session, 'looking for the vault in the mesh', recovering);
}

async function fromInvitation(invitation: string, session: Session): Promise<VaultHandle> {
  const text = await readText(session, invitation, 'the invitation');
  const invitationPassphrase = await passphraseFrom(session, {
    variable: 'VAULT_INVITATION_PASSWORD',
    question: 'Passphrase of the invitation',
    isNew: false,
  });
  const passphrase = await passphraseOf(session, true);
  const home = homeOf(session);
  const accepting = acceptInvitation({
    home,
    passphrase,
    invitation: text,
    invitationPassphrase,
    ...listeners(session),
  });
  return whileWorking(session, 'looking for the vault in the mesh', accepting);
}

async function run(plan: RecoverPlan, session: Session): Promise<number> {
  const home = homeOf(session);
  await requireNoVault(home);
  const vault = await ('invitation' in plan
    ? fromInvitation(plan.invitation, session)
    : fromSecret(plan, session));
  try {
    const { vaultId, role } = vault;
    const snapshots =
      role === 'keeper'
        ? undefined
        : await whileWorking(session, 'reading the logs', vault.snapshots({ signal: session.signal }));
    const found = snapshots === undefined ? {} : { snapshots: snapshots.length };
    session.emit({ message_type: 'recovered', vault_id: vaultId, role, ...found, home });
    session.tell(`This machine is now ${DEVICES[role]} of vault ${vaultId}.`);
    if (snapshots !== undefined) printSnapshots(session, snapshots);
  } finally {
    await vault.close();
  }
  return 0;
}

const DEVICES: Readonly<Record<DeviceRole, string>> = {
  full: 'a device',
  'append-only': 'an append-only device',
  keeper: 'a keeper device',
};

export const recover: CommandSpec = defineCommand<RecoverPlan>({
  name: 'recover',
  summary: 'make an empty machine ready to restore, from the 24 words and a ticket',
  usage: '--ticket T [--words-file F | --shares | --shares-file F...], or --invitation I',
  options: [
    TICKET_OPTION,
    { name: 'words-file', value: 'F', about: 'file with the 24 words, - for standard input (default: ask)' },
    { name: 'shares', about: 'ask for shares of the words instead (vault key split)' },
    SHARES_FILE_OPTION,
    {
      name: 'invitation',
      value: 'I',
      about: 'what "vault device add" wrote: the text, @FILE, or - for standard input',
    },
    ...LIMIT_OPTIONS,
  ],
  details: `
Needs nothing but the 24 words and a ticket of the mesh: finds the holders of the vault, fetches and checks its logs, and lists its
snapshots. The passphrase that is asked is a new one, for this machine only. Instead of the words it takes as many shares of them as "vault key
split" said: typed row by row with --shares, or from files with --shares-file.

  vault recover --ticket @ticket.txt
  vault restore latest --target ~/restored

With an invitation from "vault device add" the machine becomes a device with fewer rights. That needs neither words nor ticket, but the passphrase of
the invitation: asked, or from VAULT_INVITATION_PASSWORD, VAULT_INVITATION_PASSWORD_FILE or VAULT_INVITATION_PASSWORD_COMMAND.

  vault recover --invitation @web1.invitation`,
  parse: parseRecover,
  run,
});
