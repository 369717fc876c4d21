/** `vault snapshots`: every snapshot of every device of the vault, oldest first. */
import { whileWorking } from '../printers/long-work.ts';
import { printSnapshots } from '../printers/snapshots.ts';
import { type Arguments, type CommandSpec, defineCommand } from '../terminal/command.ts';
import { noPositionals, withVault } from './vault-options.ts';

interface SnapshotsPlan {
  readonly all: true;
}

export const snapshots: CommandSpec = defineCommand<SnapshotsPlan>({
  name: 'snapshots',
  summary: 'list the snapshots',
  usage: '',
  options: [],
  details: `
Asks the holders for news of all devices of the vault. When no holder answers, lists what this machine remembers and says so.`,
  parse: (args: Arguments) => {
    noPositionals(args, 'snapshots');
    return { all: true };
  },
  run: (_plan, session) =>
    withVault(session, async (vault) => {
      printSnapshots(
        session,
        await whileWorking(session, 'reading the logs', vault.snapshots({ signal: session.signal })),
      );
      return 0;
    }),
});
