/** `vault undelete`: forgotten snapshots come back as long as the holders' trash still has what they need. */
import { VaultError } from '../../src/index.ts';
import { whileWorking } from '../printers/long-work.ts';
import { printUndelete, undeleteExitCode } from '../printers/undelete.ts';
import { type Arguments, type CommandSpec, defineCommand } from '../terminal/command.ts';
import { LIMIT_OPTIONS } from '../terminal/limits.ts';
import { withVault } from './vault-options.ts';

interface UndeletePlan {
  readonly snapshots: readonly string[];
  readonly all: boolean;
  readonly list: boolean;
  readonly dryRun: boolean;
}

export function parseUndelete(args: Arguments): UndeletePlan {
  const snapshots = args.positionals;
  const all = args.has('all');
  const list = args.has('list');
  if (all && snapshots.length > 0) {
    throw new VaultError('usage', '--all and named snapshots exclude each other');
  }
  if (list && (all || snapshots.length > 0)) {
    throw new VaultError('usage', '--list only lists; name snapshots or --all without it');
  }
  if (!all && !list && snapshots.length === 0) {
    throw new VaultError('usage', 'name the snapshots to bring back, or say --all', {
      hint: '"vault undelete --list" shows the forgotten ones.',
    });
  }
  return { snapshots, all, list, dryRun: args.has('dry-run') };
}

export const undelete: CommandSpec = defineCommand<UndeletePlan>({
  name: 'undelete',
  summary: 'bring forgotten snapshots back, as long as the trash has them',
  usage: '[SNAPSHOT...] [--all] [--list]',
  options: [
    { name: 'list', about: 'list the forgotten snapshots, and which of them can come back' },
    { name: 'all', about: 'bring back every one that can' },
    { name: 'dry-run', short: 'n', about: 'say what would come back, change nothing' },
    ...LIMIT_OPTIONS,
  ],
  details: `
Forgotten data stays in the holders' trash for at least 14 days, unless a holder's owner chose another time. A snapshot that comes back gets
a new id and keeps its time, host, paths and tags. One of which chunks are gone from the trash cannot come back whole and is left.

Exit codes: 0 everything asked for is back; 23 some of it is unavailable now; 24 some of it is gone from the trash.

  vault undelete --list
  vault undelete 3f2a9c01`,
  parse: parseUndelete,
  run: (plan, session) =>
    withVault(session, async (vault) => {
      const { snapshots, all, list, dryRun } = plan;
      const named = snapshots.length === 0 ? {} : { snapshots };
      const wish = { ...named, all, list, dryRun, signal: session.signal };
      const report = await whileWorking(session, 'looking into the trash', vault.undelete(wish));
      printUndelete(session, report, plan);
      return undeleteExitCode(report, plan);
    }),
});
