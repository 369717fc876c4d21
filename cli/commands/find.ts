/** `vault find`: which snapshots have a file, and in which versions. */
import { type FindOptions, VaultError } from '../../src/index.ts';
import { findPrinter } from '../printers/find.ts';
import { worstExitCode } from '../printers/problems.ts';
import { problemText } from '../printers/words.ts';
import { type Arguments, type CommandSpec, defineCommand } from '../terminal/command.ts';
import { momentOf } from './moment.ts';
import { SELECTION_OPTIONS, selectionOf } from './selection-options.ts';
import { withVault } from './vault-options.ts';

type FindPlan = Omit<FindOptions, 'signal'>;

function parseFind(args: Arguments): FindPlan {
  if (args.positionals.length === 0) {
    throw new VaultError('usage', 'name what to find', { hint: "For example: vault find 'letter*'" });
  }
  const oldestMs = momentOf(args, 'oldest');
  const newestMs = momentOf(args, 'newest');
  return {
    patterns: args.positionals,
    ignoreCase: args.has('ignore-case'),
    ...(oldestMs === undefined ? {} : { oldestMs }),
    ...(newestMs === undefined ? {} : { newestMs }),
    ...(args.has('snapshot') ? { snapshots: args.values('snapshot') } : {}),
    ...selectionOf(args),
  };
}

export const find: CommandSpec = defineCommand<FindPlan>({
  name: 'find',
  summary: 'find files in all snapshots, with those that have each version',
  usage: 'PATTERN... [-i] [--oldest TIME] [--newest TIME] [--snapshot S]...',
  options: [
    { name: 'ignore-case', short: 'i', about: 'capital and small letters are the same' },
    { name: 'oldest', short: 'O', value: 'TIME', about: 'changed at this time or later' },
    { name: 'newest', short: 'N', value: 'TIME', about: 'changed at this time or earlier' },
    { name: 'snapshot', short: 's', value: 'S', multiple: true, about: 'only in this one; may be repeated' },
    ...SELECTION_OPTIONS,
  ],
  details: `
PATTERN is a name or, with a "/", a path; * stands for any characters of a name, ? for one, [a-z] for one of these, ** for any number of
folders. A path that does not begin with "/" may begin at any folder. TIME is local: 2026-11-27, which is its midnight, or
"2026-11-27 14:30:00". Every version is shown once, with its snapshots, oldest first.

  vault find letter.odt
  vault find -i '*.jpg' --newest 2025-01-01 --host laptop
  vault find 'projects/**/notes.txt' --snapshot latest~1`,
  parse: parseFind,
  run: (plan, session) =>
    withVault(session, async (vault) => {
      const finding = await vault.find({ ...plan, signal: session.signal });
      const printer = findPrinter(session);
      for await (const version of finding.versions) {
        printer.version(version);
        await session.drained();
      }
      printer.end(finding.snapshots.length);
      for (const { path, message } of finding.problems) session.warn(problemText(path, message));
      return worstExitCode(finding.problems);
    }),
});
