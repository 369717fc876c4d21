/** `vault init`: a new vault in this machine's VAULT_HOME, and its 24 words, once. */
import { createVault, requireNoVault, requireTicket, VaultError } from '../../src/index.ts';
import { whileWorking } from '../printers/long-work.ts';
import { printWords } from '../printers/recovery-sheet.ts';
import { type Arguments, type CommandSpec, defineCommand } from '../terminal/command.ts';
import { passphraseOf } from '../terminal/passphrase.ts';
import type { Session } from '../terminal/session.ts';
import { readText } from '../terminal/text-input.ts';
import { homeOf, listeners, noPositionals, requiredValue, TICKET_OPTION } from './vault-options.ts';

export interface InitPlan {
  readonly ticket: string;
  readonly copies: number;
}

const DEFAULT_COPIES = 3;
const MAX_COPIES = 16;

export function parseInit(args: Arguments): InitPlan {
  noPositionals(args, 'init');
  const copies = Number(args.value('copies') ?? DEFAULT_COPIES);
  if (!Number.isInteger(copies) || copies < 1 || copies > MAX_COPIES) {
    throw new VaultError('usage', `--copies takes a number from 1 to ${MAX_COPIES}`);
  }
  return { ticket: requiredValue(args, 'ticket', 'vault init --ticket @ticket.txt'), copies };
}

async function run(plan: InitPlan, session: Session): Promise<number> {
  const home = homeOf(session);
  await requireNoVault(home);
  const ticket = await readText(session, plan.ticket, 'the ticket');
  await requireTicket(ticket);
  const passphrase = await passphraseOf(session, true);
  const creating = createVault({ home, passphrase, ticket, copies: plan.copies, ...listeners(session) });
  const { vault, words } = await whileWorking(session, 'asking the mesh', creating);
  await vault.close();
  session.emit({
    message_type: 'initialized',
    vault_id: vault.vaultId,
    recovery_words: words,
    copies_target: plan.copies,
    home,
  });
  await printWords(session, { vaultId: vault.vaultId, words, ticket, home });
  return 0;
}

export const init: CommandSpec = defineCommand<InitPlan>({
  name: 'init',
  summary: 'make a new vault and show its 24 recovery words once',
  usage: '--ticket T [--copies 3]',
  options: [TICKET_OPTION, { name: 'copies', value: 'N', about: 'holders of every chunk (default 3)' }],
  details: `
Makes a vault in VAULT_HOME, protected by a passphrase that is asked twice, or taken from VAULT_PASSWORD,
VAULT_PASSWORD_FILE or VAULT_PASSWORD_COMMAND. The 24 words are shown once and kept nowhere in the clear: together
with a ticket they bring everything back on an empty machine, without the passphrase.

  vault init --ticket @ticket.txt`,
  parse: parseInit,
  run,
});
