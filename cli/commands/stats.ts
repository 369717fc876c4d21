/** `vault stats`: how much snapshots hold, share, and take on the holders. */
import { type StatsGrouping, type StatsOptions, VaultError } from '../../src/index.ts';
import { worstExitCode } from '../printers/problems.ts';
import { printStats, STATS_MODES, type StatsMode } from '../printers/stats.ts';
import { problemText } from '../printers/words.ts';
import { type Arguments, type CommandSpec, defineCommand } from '../terminal/command.ts';
import { SELECTION_OPTIONS, selectionOf } from './selection-options.ts';
import { withVault } from './vault-options.ts';

interface StatsPlan extends Omit<StatsOptions, 'signal'> {
  readonly mode: StatsMode;
}

const GROUPINGS: readonly StatsGrouping[] = ['host', 'tag'];

function parseStats(args: Arguments): StatsPlan {
  const word = args.value('mode') ?? 'restore-size';
  const mode = STATS_MODES.find((known) => known === word);
  if (mode === undefined)
    throw new VaultError('usage', `--mode takes ${STATS_MODES.join(', ')}, not "${word}"`);
  const by = args.value('group-by');
  const groupBy = GROUPINGS.find((known) => known === by);
  if (by !== undefined && groupBy === undefined) {
    throw new VaultError('usage', `--group-by takes host or tag, not "${by}"`);
  }
  return {
    mode,
    restoreSizeOnly: mode === 'restore-size',
    ...(groupBy === undefined ? {} : { groupBy }),
    ...(args.positionals.length > 0 ? { snapshots: args.positionals } : {}),
    ...selectionOf(args),
  };
}

export const stats: CommandSpec = defineCommand<StatsPlan>({
  name: 'stats',
  summary: 'count what snapshots hold, share and take',
  usage: '[SNAPSHOT...] [--mode MODE] [--group-by host|tag]',
  options: [
    { name: 'mode', value: 'MODE', about: 'restore-size (default), files-by-contents, raw-data' },
    { name: 'group-by', value: 'KEY', about: 'also for each host or tag' },
    ...SELECTION_OPTIONS,
  ],
  details: `
Of all snapshots, of those that are named, or of those that --host, --tag and --path say:

  restore-size       what restoring each of them would write, added up
  files-by-contents  the same, files of equal content counted once
  raw-data           what one copy of all that they need takes on the holders, and how much of that sharing and compression save

For each snapshot the two last say what it adds to those before it. They read all directories.

  vault stats --mode raw-data --group-by host`,
  parse: parseStats,
  run: ({ mode, ...plan }, session) =>
    withVault(session, async (vault) => {
      const report = await vault.stats({ ...plan, signal: session.signal });
      printStats(session, mode, report);
      for (const { path, message } of report.problems) session.warn(problemText(path, message));
      return worstExitCode(report.problems);
    }),
});
