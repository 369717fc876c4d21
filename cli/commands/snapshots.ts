/** `vault snapshots`: every snapshot of every device of the vault, oldest first. */
import { whileWorking } from '../printers/long-work.ts';
import { printSnapshots } from '../printers/snapshots.ts';
import { type Arguments, type CommandSpec, defineCommand } from '../terminal/command.ts';
import { FROM_OPTIONS, type FromPlan, fromOf, parseFrom, withReader } from './from-options.ts';
import { noPositionals } from './vault-options.ts';

export const snapshots: CommandSpec = defineCommand<FromPlan>({
  name: 'snapshots',
  summary: 'list the snapshots',
  usage: '[--from DIR]...',
  options: FROM_OPTIONS,
  details: `
Asks the holders for news of all devices of the vault. When no holder answers, lists what this machine remembers and says so. With --from, those of an export, also on a
machine without a vault; see "vault help restore".`,
  parse: (args: Arguments) => {
    noPositionals(args, 'snapshots');
    return parseFrom(args);
  },
  run: (plan, session) =>
    withReader(session, plan, async (vault) => {
      printSnapshots(
        session,
        await whileWorking(
          session,
          'reading the logs',
          vault.snapshots({ ...fromOf(session, plan), signal: session.signal }),
        ),
      );
      return 0;
    }),
});
