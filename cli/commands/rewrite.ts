/** `vault rewrite`: takes files out of snapshots that are there, or corrects their host or time. */
import { type RewriteOptions, VaultError } from '../../src/index.ts';
import { sentExitCode } from '../printers/problems.ts';
import { rewritePrinter } from '../printers/rewrite.ts';
import { type Arguments, type CommandSpec, defineCommand } from '../terminal/command.ts';
import { LIMIT_OPTIONS } from '../terminal/limits.ts';
import { parseLocalTime } from '../terminal/local-time.ts';
import type { Session } from '../terminal/session.ts';
import { completePatterns, PATTERN_OPTIONS, type PatternPlan, parsePatterns } from './backup-choice.ts';
import { SELECTION_OPTIONS, selectionOf } from './selection-options.ts';
import { withVault } from './vault-options.ts';

interface RewritePlan
  extends PatternPlan,
    Omit<RewriteOptions, 'signal' | 'excludes' | 'excludesAnyCase' | 'onRemoved' | 'onProgress'> {}

function parseRewrite(args: Arguments): RewritePlan {
  const patterns = parsePatterns(args);
  const host = args.value('new-host');
  const time = args.value('new-time');
  const some = [
    patterns.excludes,
    patterns.excludesAnyCase,
    patterns.excludeFiles,
    patterns.excludeFilesAnyCase,
  ];
  if (some.flat().length === 0 && host === undefined && time === undefined) {
    throw new VaultError('usage', 'say what to change: --exclude, --new-host or --new-time', {
      hint: "For example: vault rewrite --exclude '*.iso' --dry-run",
    });
  }
  if (host === '') throw new VaultError('usage', '--new-host needs a name');
  return {
    ...patterns,
    ...(host === undefined ? {} : { newHost: host }),
    ...(time === undefined ? {} : { newTimeMs: parseLocalTime(time) }),
    forget: args.has('forget'),
    dryRun: args.has('dry-run'),
    ...(args.positionals.length > 0 ? { snapshots: args.positionals } : {}),
    ...selectionOf(args),
  };
}

async function run(
  { excludeFiles, excludeFilesAnyCase, ...plan }: RewritePlan,
  session: Session,
): Promise<number> {
  const patterns = await completePatterns({ ...plan, excludeFiles, excludeFilesAnyCase }, session);
  return withVault(session, async (vault) => {
    const printer = rewritePrinter(session);
    const report = await printer.during((onProgress) =>
      vault.rewrite({
        ...plan,
        ...patterns,
        ...(session.mode.verbose ? { onRemoved: printer.removed } : {}),
        onProgress,
        signal: session.signal,
      }),
    );
    return sentExitCode(report);
  });
}

export const rewrite: CommandSpec = defineCommand<RewritePlan>({
  name: 'rewrite',
  summary: 'take files out of snapshots that are there',
  usage: '--exclude PATTERN [options] [SNAPSHOT...]',
  options: [
    ...PATTERN_OPTIONS,
    {
      name: 'forget',
      about: 'forget the old snapshots (default: they stay, and the new ones are tagged "rewrite")',
    },
    { name: 'new-host', value: 'H', about: 'host name that the new snapshots have' },
    {
      name: 'new-time',
      value: 'TIME',
      about: "time that the new snapshots have, like '2026-11-01 22:08:41'",
    },
    { name: 'dry-run', short: 'n', about: 'only say what would be done; -v names each file' },
    ...SELECTION_OPTIONS,
    ...LIMIT_OPTIONS,
  ],
  details: `
Makes snapshots as they would be had they been backed up with these excludes, and keeps their time, host, paths and tags. Without
SNAPSHOT, of all snapshots, or of those that --host, --tag and --path say; one in which nothing has to change is left alone. Only
directories are read and sent. Patterns are those of "vault backup". A new snapshot names the old one ("original").

With --forget each old snapshot is forgotten as soon as the new one is on as many holders. What was only in the old ones is gone from the holders after
"vault prune" and the 14 days in which their trash keeps it; until then "vault undelete" brings the old snapshots back.
Small files lie with others in one chunk; so that it can go, those of the others that stay are read and sent again. Snapshots that
were not meant keep such a chunk: to be rid of a secret, rewrite all.

Exit codes: 0 done; 20 too few peers, nothing changed; 21 done, but on fewer copies than asked: old snapshots of which the new one has fewer
copies than they have are not forgotten, run it again later; 23, 24 some snapshots cannot be read and stay as they were.

  vault rewrite --exclude '*.iso' --dry-run -v
  vault rewrite --exclude /home/me/.ssh --forget --host laptop && vault prune
  vault rewrite --new-host tower --forget 3f2a9c01`,
  afterInterrupt: 'Each snapshot was changed or not; run the same command again for the others.',
  parse: parseRewrite,
  run,
});
