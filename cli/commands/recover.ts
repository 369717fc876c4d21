/** `vault recover`: an empty machine becomes a device of an existing vault, from the 24 words (or shares of them) and a ticket. */
import {
  acceptInvitation,
  combineShares,
  type DeviceRole,
  recoverFromExport,
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
import { passphraseFrom, passphraseOf } from '../terminal/passphrase.ts';
import type { Session } from '../terminal/session.ts';
import { readText } from '../terminal/text-input.ts';
import { FROM_OPTION, placesOf } from './from-options.ts';
import { readShares, SHARES_FILE_OPTION } from './shares-input.ts';
import { homeOf, listeners, noPositionals, requiredValue, TICKET_OPTION } from './vault-options.ts';
import { readWords } from './words-input.ts';

/** The vault's secret, in one of its forms, and a ticket. */
interface FromSecret {
  /** Absent: the one in the export. */
  readonly ticket?: string;
  /** Folders of an export; empty: from the mesh. */
  readonly from: readonly string[];
  /** The sealed keys of the export, in the place of words. */
  readonly withPassphrase: boolean;
  /** A file, or "-"; absent: asked. */
  readonly wordsFile?: string;
  /** Files of shares in the place of words; an empty list: the shares are asked for. */
  readonly sharesFiles?: readonly string[];
}

type RecoverPlan = FromSecret | { readonly invitation: string };

const OF_SECRET = ['ticket', 'words-file', 'shares', 'shares-file', 'from', 'with-passphrase'] as const;

function parseRecover(args: Arguments): RecoverPlan {
  noPositionals(args, 'recover');
  const invitation = args.value('invitation');
  if (invitation !== undefined) {
    const other = OF_SECRET.find((name) => args.has(name));
    if (other === undefined) return { invitation };
    throw new VaultError('usage', `an invitation has everything in it: --${other} does not go with it`);
  }
  const from = args.values('from');
  const withPassphrase = args.has('with-passphrase');
  if (withPassphrase && from.length === 0)
    throw new VaultError('usage', '--with-passphrase needs --from DIR');
  const given = args.value('ticket');
  const ticket =
    from.length > 0 ? given : requiredValue(args, 'ticket', 'vault recover --ticket @ticket.txt');
  const common = { ...(ticket === undefined ? {} : { ticket }), from, withPassphrase };
  const wordsFile = args.value('words-file');
  if (ticket === '-' && wordsFile === '-') {
    throw new VaultError('usage', 'standard input cannot be both the ticket and the words');
  }
  const sharesFiles = args.values('shares-file');
  if (sharesFiles.length === 0 && !args.has('shares')) {
    return wordsFile === undefined ? common : { ...common, wordsFile };
  }
  if (wordsFile === undefined) return { ...common, sharesFiles };
  throw new VaultError('usage', 'give the words or shares of them, not both');
}

async function wordsOf(plan: FromSecret, session: Session): Promise<string> {
  return plan.sharesFiles ? wordsOfShares(plan.sharesFiles, session) : readWords(plan, session);
}

async function wordsOfShares(files: readonly string[], session: Session): Promise<string> {
  const { words, ignored } = await combineShares(await readShares(session, files));
  for (const { name, reason } of ignored) session.warn(`${name} was not used: ${reason}`);
  return words;
}

async function fromSecret(plan: FromSecret, session: Session): Promise<VaultHandle> {
  const home = homeOf(session);
  const ticket = plan.ticket === undefined ? undefined : await readText(session, plan.ticket, 'the ticket');
  if (ticket !== undefined) await requireTicket(ticket);
  const secret = plan.withPassphrase ? undefined : { words: await wordsOf(plan, session) };
  // The passphrase that opens the export goes on to open the vault here.
  const passphrase = await passphraseOf(session, secret !== undefined);
  const known = { home, passphrase, ...listeners(session) };
  if (plan.from.length === 0 && ticket !== undefined && secret) {
    return whileWorking(
      session,
      'looking for the vault in the mesh',
      recoverVault({ ...known, ticket, ...secret }),
    );
  }
  const from = placesOf(session, plan.from);
  const own = ticket === undefined ? {} : { ticket };
  return recoverFromExport({ ...known, from, secret: secret ?? { passphrase }, ...own });
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
    // An export has just said which snapshots there are, and the mesh may be gone.
    const from = 'from' in plan && plan.from.length > 0 ? { from: placesOf(session, plan.from) } : {};
    const snapshots =
      role === 'keeper'
        ? undefined
        : await whileWorking(
            session,
            'reading the logs',
            vault.snapshots({ signal: session.signal, ...from }),
          );
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
  usage: '--ticket T [--words-file F | --shares | --shares-file F...], or --from DIR..., or --invitation I',
  options: [
    TICKET_OPTION,
    { name: 'words-file', value: 'F', about: 'file with the 24 words, - for standard input (default: ask)' },
    { name: 'shares', about: 'ask for shares of the words instead (vault key split)' },
    SHARES_FILE_OPTION,
    { ...FROM_OPTION, about: 'folder of an export (vault export), instead of the mesh; may be repeated' },
    {
      name: 'with-passphrase',
      about: 'with --from: the passphrase of the machine that exported, instead of words',
    },
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

From the folders of an export no peer has to answer, and the ticket is in them; --ticket names another mesh, for example a new one, which "vault
import" then fills from the same folders. With --with-passphrase the passphrase of the machine that wrote the export serves instead of the words.

  vault recover --from /media/stick-a --from /media/stick-b

With an invitation from "vault device add" the machine becomes a device with fewer rights. That needs neither words nor ticket, but the passphrase of
the invitation: asked, or from VAULT_INVITATION_PASSWORD, VAULT_INVITATION_PASSWORD_FILE or VAULT_INVITATION_PASSWORD_COMMAND.

  vault recover --invitation @web1.invitation`,
  parse: parseRecover,
  run,
});
