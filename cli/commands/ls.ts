/** `vault ls`: what a snapshot holds, without restoring it. */
import { type SnapshotFilter, VaultError } from '../../src/index.ts';
import { type LongForm, listingPrinter } from '../printers/listing.ts';
import { whileWorking } from '../printers/long-work.ts';
import { worstExitCode } from '../printers/problems.ts';
import { problemText } from '../printers/words.ts';
import { type Arguments, type CommandSpec, defineCommand } from '../terminal/command.ts';
import { LIMIT_OPTIONS } from '../terminal/limits.ts';
import { FROM_OPTIONS, type FromPlan, fromOf, parseFrom, withReader } from './from-options.ts';
import { SELECTION_OPTIONS, selectionOf } from './selection-options.ts';

export interface LsPlan extends SnapshotFilter, FromPlan {
  readonly snapshot: string;
  readonly path?: string;
  readonly recursive: boolean;
  readonly long?: LongForm;
}

export function parseLs(args: Arguments): LsPlan {
  const [snapshot, path, extra] = args.positionals;
  if (snapshot === undefined) {
    throw new VaultError('usage', 'name a snapshot', { hint: 'For example: vault ls latest' });
  }
  if (extra !== undefined) throw new VaultError('usage', `one path only; "${extra}" is too much`);
  const humanReadable = args.has('human-readable');
  return {
    snapshot,
    ...(path === undefined ? {} : { path }),
    recursive: path === undefined || args.has('recursive'),
    ...(args.has('long') || humanReadable ? { long: { humanReadable } } : {}),
    ...selectionOf(args),
    ...parseFrom(args),
  };
}

export const ls: CommandSpec = defineCommand<LsPlan>({
  name: 'ls',
  summary: 'list the files of a snapshot',
  usage: 'SNAPSHOT [PATH] [-l] [--recursive] [--from DIR]...',
  options: [
    { name: 'long', short: 'l', about: 'with mode, owner, size, time and link target' },
    { name: 'human-readable', about: 'the same, with sizes as 1.2 MiB' },
    { name: 'recursive', about: 'with PATH: also what lies in the folders below it' },
    ...SELECTION_OPTIONS,
    ...FROM_OPTIONS,
    ...LIMIT_OPTIONS,
  ],
  details: `
SNAPSHOT is an id, the beginning of one, "latest", or "latest~N" for the Nth before it; --host, --tag and --path say among which. Without PATH
everything is listed; with PATH, what lies directly in that folder.

  vault ls latest /home/me/documents -l
  vault ls latest~1 --host laptop --recursive /home/me`,
  parse: parseLs,
  run: ({ long, ...plan }, session) =>
    withReader(session, plan, async (vault) => {
      const { from: _, words: _words, ...wish } = plan;
      const listing = await whileWorking(
        session,
        'reading the logs',
        vault.list({ ...wish, ...fromOf(session, plan), signal: session.signal }),
      );
      const printer = listingPrinter(session, long);
      printer.snapshot(listing.snapshot);
      for await (const node of listing.nodes) {
        printer.node(node);
        await printer.room();
      }
      for (const { path, message } of listing.problems) session.warn(problemText(path, message));
      return worstExitCode(listing.problems);
    }),
});
