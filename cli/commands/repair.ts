/** `vault repair`: makes missing copies now, without waiting for the holders to notice. */
import { repairExitCode, repairPrinter } from '../printers/repair.ts';
import { type Arguments, type CommandSpec, defineCommand } from '../terminal/command.ts';
import { LIMIT_OPTIONS } from '../terminal/limits.ts';
import { listed, noPositionals, withVault } from './vault-options.ts';

interface RepairPlan {
  readonly lost: readonly string[];
}

export function parseRepair(args: Arguments): RepairPlan {
  noPositionals(args, 'repair');
  return { lost: listed(args.values('lost')) };
}

export const repair: CommandSpec = defineCommand<RepairPlan>({
  name: 'repair',
  summary: 'make missing copies now, and give up peers that are gone for good',
  usage: '[--lost PEER[,PEER...]]',
  options: [
    {
      name: 'lost',
      value: 'PEER[,PEER]',
      multiple: true,
      about: 'this machine is gone for good: replace it at once; name, id or end of an id',
    },
    ...LIMIT_OPTIONS,
  ],
  details: `
The holders repair by themselves, also while this machine is off: what a silent peer kept is copied elsewhere, after a quarter of an hour
when only one copy would be left, after three days otherwise. This command does it now. With --lost you say what the holders cannot know: that
a machine will not come back. Its place is given to another peer and its copies are made again from the others.

Exit codes: 0 every chunk has all its copies; 21 some still have fewer; 23 some chunk is on no holder that answers; 24 lost.

  vault repair --lost nas`,
  afterInterrupt: 'Run it again: copies that are made are not made twice.',
  parse: parseRepair,
  run: ({ lost }, session) =>
    withVault(session, async (vault) => {
      const report = await repairPrinter(session).during((onProgress) =>
        vault.repair({
          ...(lost.length === 0 ? {} : { lost }),
          onProgress,
          signal: session.signal,
        }),
      );
      return repairExitCode(report);
    }),
});
