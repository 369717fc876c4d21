/** `vault key recovery-sheet`: the 24 words, the ticket and its QR code on a page to print. */
import path from 'node:path';
import { systemClock } from '../../src/index.ts';
import { recoveryPage } from '../printers/recovery-page.ts';
import { type Arguments, type CommandSpec, defineCommand } from '../terminal/command.ts';
import { writePrivateFile } from '../terminal/private-file.ts';
import type { Session } from '../terminal/session.ts';
import { keyringOf } from './key-options.ts';
import { noPositionals } from './vault-options.ts';

interface RecoverySheetPlan {
  /** Absent: a name of our own in the current folder. */
  readonly output?: string;
}

const SHORT = 8;

function parseRecoverySheet(args: Arguments): RecoverySheetPlan {
  noPositionals(args, 'key recovery-sheet');
  const output = args.value('output');
  return output === undefined ? {} : { output };
}

async function run(plan: RecoverySheetPlan, session: Session): Promise<number> {
  const sheet = await (await keyringOf(session)).recoverySheet();
  const file = path.resolve(plan.output ?? `vault-recovery-sheet-${sheet.vaultId.slice(0, SHORT)}.html`);
  await writePrivateFile(file, await recoveryPage(sheet, systemClock.now()));
  session.emit({ message_type: 'recovery_sheet', vault_id: sheet.vaultId, file });
  session.print(`wrote     ${file}`);
  session.tell(
    'Open it in a browser and print it, then delete the file: whoever reads it can read every backup.',
  );
  return 0;
}

export const keyRecoverySheet: CommandSpec = defineCommand<RecoverySheetPlan>({
  name: 'key recovery-sheet',
  summary: 'write the 24 words, the ticket and its QR code on a page to print',
  usage: '[--output FILE]',
  options: [
    {
      name: 'output',
      short: 'o',
      value: 'FILE',
      about: 'where (default: vault-recovery-sheet-ID.html in this folder)',
    },
  ],
  details: `
Asks for the passphrase and writes one HTML file that only you can read, with nothing loaded from anywhere: open it in a browser and print it, on A4
or Letter. With the page an empty machine gets everything back; so keep it like a passport, and delete the file afterwards. The ticket on it
names the peers that keep the vault now. An existing file is not overwritten.

  vault key recovery-sheet --output ~/sheet.html`,
  parse: parseRecoverySheet,
  run,
});
