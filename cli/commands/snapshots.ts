/** `vault snapshots`: every snapshot of every device of the vault, or those that are asked for, oldest first. */
import { type GroupKey, type SnapshotFilter, VaultError } from '../../src/index.ts';
import { whileWorking } from '../printers/long-work.ts';
import { printSnapshots } from '../printers/snapshots.ts';
import { type Arguments, type CommandSpec, defineCommand } from '../terminal/command.ts';
import { FROM_OPTIONS, type FromPlan, fromOf, parseFrom, withReader } from './from-options.ts';
import { groupsOf, SELECTION_OPTIONS, selectionOf } from './selection-options.ts';

export interface SnapshotsPlan extends FromPlan, SnapshotFilter {
  readonly names: readonly string[];
  readonly latest?: number;
  readonly compact: boolean;
  readonly groupBy: readonly GroupKey[];
}

export function parseSnapshots(args: Arguments): SnapshotsPlan {
  const latest = args.value('latest');
  if (latest !== undefined && !/^[1-9]\d{0,8}$/.test(latest)) {
    throw new VaultError('usage', `--latest takes how many, 1 or more, not "${latest}"`);
  }
  return {
    names: args.positionals,
    ...(latest === undefined ? {} : { latest: Number(latest) }),
    compact: args.has('compact'),
    groupBy: groupsOf(args.value('group-by') ?? ''),
    ...selectionOf(args),
    ...parseFrom(args),
  };
}

export const snapshots: CommandSpec = defineCommand<SnapshotsPlan>({
  name: 'snapshots',
  summary: 'list the snapshots',
  usage: '[options] [SNAPSHOT...] [--from DIR]...',
  options: [
    ...SELECTION_OPTIONS,
    { name: 'latest', value: 'N', about: 'only the newest N of each host and paths' },
    {
      name: 'group-by',
      short: 'g',
      value: 'KEYS',
      about: 'one table for each host, paths or tags; several with commas',
    },
    { name: 'compact', short: 'c', about: 'without counts and paths' },
    ...FROM_OPTIONS,
  ],
  details: `
Asks the holders for news of all devices of the vault. When no holder answers, lists what this machine remembers and says so. With --from, those of an export, also on a
machine without a vault; see "vault help restore". Every snapshot is listed, or those that are named, or those that --host, --tag and --path say.

  vault snapshots --latest 1
  vault snapshots --host laptop --tag monthly --group-by paths`,
  parse: parseSnapshots,
  run: (plan, session) =>
    withReader(session, plan, async (vault) => {
      const { from: _, words: _words, compact, groupBy, ...wish } = plan;
      const listed = await whileWorking(
        session,
        'reading the logs',
        vault.snapshots({ ...wish, ...fromOf(session, plan), signal: session.signal }),
      );
      printSnapshots(session, listed, { compact, groupBy, chosen: isChosen(plan) });
      return 0;
    }),
});

function isChosen({ names, hosts, tags, paths }: SnapshotsPlan): boolean {
  return names.length > 0 || hosts !== undefined || tags !== undefined || paths !== undefined;
}
