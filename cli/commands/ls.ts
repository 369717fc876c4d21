/** `vault ls`: what a snapshot holds, without restoring it. */
import { VaultError } from '../../src/index.ts';
import { listingPrinter } from '../printers/listing.ts';
import { worstExitCode } from '../printers/problems.ts';
import { problemText } from '../printers/words.ts';
import { type Arguments, type CommandSpec, defineCommand } from '../terminal/command.ts';
import { FROM_OPTIONS, type FromPlan, fromOf, parseFrom, withReader } from './from-options.ts';

export interface LsPlan extends FromPlan {
  readonly snapshot: string;
  readonly path?: string;
}

export function parseLs(args: Arguments): LsPlan {
  const [snapshot, path, extra] = args.positionals;
  if (snapshot === undefined) {
    throw new VaultError('usage', 'name a snapshot', { hint: 'For example: vault ls latest' });
  }
  if (extra !== undefined) throw new VaultError('usage', `one path only; "${extra}" is too much`);
  return { snapshot, ...(path === undefined ? {} : { path }), ...parseFrom(args) };
}

export const ls: CommandSpec = defineCommand<LsPlan>({
  name: 'ls',
  summary: 'list the files of a snapshot',
  usage: 'SNAPSHOT [PATH] [--from DIR]...',
  options: FROM_OPTIONS,
  details: `
SNAPSHOT is an id, the beginning of one, or "latest". With PATH, only what lies at or below it. With -v: type, mode, owner, size and time.

  vault ls latest /home/me/documents`,
  parse: parseLs,
  run: (plan, session) =>
    withReader(session, plan, async (vault) => {
      const { from: _, words: _words, ...wish } = plan;
      const listing = await vault.list({ ...wish, ...fromOf(session, plan), signal: session.signal });
      const printer = listingPrinter(session);
      printer.snapshot(listing.snapshot);
      for await (const node of listing.nodes) printer.node(node);
      for (const { path, message } of listing.problems) session.warn(problemText(path, message));
      return worstExitCode(listing.problems);
    }),
});
