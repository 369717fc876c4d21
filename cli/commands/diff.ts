/** `vault diff`: in what two snapshots differ. */
import { type DiffOptions, VaultError } from '../../src/index.ts';
import { diffPrinter } from '../printers/diff.ts';
import { worstExitCode } from '../printers/problems.ts';
import { problemText } from '../printers/words.ts';
import { type Arguments, type CommandSpec, defineCommand } from '../terminal/command.ts';
import { SELECTION_OPTIONS, selectionOf } from './selection-options.ts';
import { withVault } from './vault-options.ts';

type DiffPlan = Omit<DiffOptions, 'signal'>;

function parseDiff(args: Arguments): DiffPlan {
  const [from, to, path, extra] = args.positionals;
  if (from === undefined || to === undefined) {
    throw new VaultError('usage', 'name two snapshots', { hint: 'For example: vault diff latest~1 latest' });
  }
  if (extra !== undefined) throw new VaultError('usage', `one path only; "${extra}" is too much`);
  return {
    from,
    to,
    ...(path === undefined ? {} : { path }),
    metadata: args.has('metadata'),
    ...selectionOf(args),
  };
}

export const diff: CommandSpec = defineCommand<DiffPlan>({
  name: 'diff',
  summary: 'show in what two snapshots differ',
  usage: 'SNAPSHOT SNAPSHOT [PATH] [--metadata]',
  options: [
    { name: 'metadata', about: 'also what differs in mode, owner, time or extended attributes alone' },
    ...SELECTION_OPTIONS,
  ],
  details: `
Shows what the second snapshot has that the first has not, and the other way round; with PATH, only what lies there:

  +  added          M  modified: another content, or a link that points elsewhere
  -  removed        T  another type, for example a link in place of a file
                    U  only metadata, with --metadata

  vault diff latest~1 latest
  vault diff 3f2a9c01 latest /home/me/documents --metadata`,
  parse: parseDiff,
  run: (plan, session) =>
    withVault(session, async (vault) => {
      const found = await vault.diff({ ...plan, signal: session.signal });
      const printer = diffPrinter(session);
      printer.begin(found.from, found.to);
      for await (const change of found.changes) {
        printer.change(change);
        await session.drained();
      }
      printer.end(found.from, found.to, found.summary());
      for (const { path, message } of found.problems) session.warn(problemText(path, message));
      return worstExitCode(found.problems);
    }),
});
