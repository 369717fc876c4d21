/** `vault status`: how many copies there are now, and what can be lost, for each snapshot. */
import { printStatus } from '../printers/status.ts';
import { type Arguments, type CommandSpec, defineCommand } from '../terminal/command.ts';
import { noPositionals, withVault } from './vault-options.ts';

interface StatusPlan {
  readonly all: true;
}

export const status: CommandSpec = defineCommand<StatusPlan>({
  name: 'status',
  summary: 'count the copies of every snapshot now, and how many peers and zones can be lost',
  usage: '',
  options: [],
  details: `
Asks every holder which chunks it keeps. A snapshot is as safe as its worst chunk: with 3 copies in 3 zones, any 2 peers or 2 zones can
be lost. Holders that do not answer now are not counted.`,
  parse: (args: Arguments) => {
    noPositionals(args, 'status');
    return { all: true };
  },
  run: (_plan, session) =>
    withVault(session, async (vault) => {
      printStatus(session, await vault.status({ signal: session.signal }));
      return 0;
    }),
});
