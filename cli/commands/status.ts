/** `vault status`: how many copies there are now, what can be lost, who is away, and what would be lost without some peers. */
import { whileWorking } from '../printers/long-work.ts';
import { printStatus } from '../printers/status.ts';
import { type Arguments, type CommandSpec, defineCommand } from '../terminal/command.ts';
import { LIMIT_OPTIONS } from '../terminal/limits.ts';
import { listed, noPositionals, withVault } from './vault-options.ts';

interface StatusPlan {
  readonly whatIf: readonly string[];
}

export function parseStatus(args: Arguments): StatusPlan {
  noPositionals(args, 'status');
  return { whatIf: listed(args.values('what-if')) };
}

export const status: CommandSpec = defineCommand<StatusPlan>({
  name: 'status',
  summary: 'count the copies of every snapshot now, and how many peers and zones can be lost',
  usage: '[--what-if PEER[,PEER...]]',
  options: [
    {
      name: 'what-if',
      value: 'PEER[,PEER]',
      multiple: true,
      about: 'what would be lost if these were gone for good; name, id, or end of an id',
    },
    ...LIMIT_OPTIONS,
  ],
  details: `
Asks every holder which chunks it keeps. A snapshot is as safe as its worst chunk: with 3 copies in 3 zones, any 2 peers or 2 zones can
be lost. Holders that do not answer now are not counted. Names who is away and since when, and who is fetching copies that are missing.

Exit code 0 whatever it finds, also with --what-if: scripts read copies_min, and restorable of the what_if lines.

  vault status --what-if nas,office`,
  parse: parseStatus,
  run: ({ whatIf }, session) =>
    withVault(session, async (vault) => {
      const asked = whatIf.length === 0 ? {} : { whatIf };
      printStatus(
        session,
        await whileWorking(
          session,
          'counting the copies',
          vault.status({ ...asked, signal: session.signal }),
        ),
      );
      return 0;
    }),
});
