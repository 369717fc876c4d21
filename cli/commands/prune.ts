/** `vault prune`: gives up what no snapshot of this machine needs any more. */
import { prunePrinter } from '../printers/prune.ts';
import { type Arguments, type CommandSpec, defineCommand } from '../terminal/command.ts';
import { LIMIT_OPTIONS } from '../terminal/limits.ts';
import { noPositionals, withVault } from './vault-options.ts';

interface PrunePlan {
  readonly dryRun: boolean;
}

export function parsePrune(args: Arguments): PrunePlan {
  noPositionals(args, 'prune');
  return { dryRun: args.has('dry-run') };
}

export const prune: CommandSpec = defineCommand<PrunePlan>({
  name: 'prune',
  summary: 'give up the chunks that no snapshot needs any more',
  usage: '[--dry-run]',
  options: [
    { name: 'dry-run', short: 'n', about: 'count what would be given up, change nothing' },
    ...LIMIT_OPTIONS,
  ],
  details: `
Tells the holders which chunks this machine's snapshots no longer need; what other machines need, they say themselves. So no lock is
needed: every machine may back up, forget and prune whenever it likes. The holders move what nobody needs to their trash and keep it there for
at least 14 days, unless their owners chose another time: until then "vault undelete" brings it back. Only then is space freed.

  vault prune --dry-run`,
  parse: parsePrune,
  run: (plan, session) =>
    withVault(session, async (vault) => {
      await prunePrinter(session).during((onProgress) =>
        vault.prune({ ...plan, onProgress, signal: session.signal }),
      );
      return 0;
    }),
});
