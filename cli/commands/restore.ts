/** `vault restore`: a snapshot, or a subtree of one, as files in a directory. */
import path from 'node:path';
import { type Overwrite, VaultError } from '../../src/index.ts';
import { restoreExitCode, restorePrinter } from '../printers/restore.ts';
import { type Arguments, type CommandSpec, defineCommand } from '../terminal/command.ts';
import type { Session } from '../terminal/session.ts';
import { FROM_OPTIONS, type FromPlan, fromOf, parseFrom, withReader } from './from-options.ts';
import { requiredValue } from './vault-options.ts';

export interface RestorePlan extends FromPlan {
  readonly snapshot: string;
  readonly path?: string;
  /** Absolute. */
  readonly target: string;
  readonly overwrite: Overwrite;
}

const OVERWRITES: readonly Overwrite[] = ['fail', 'never', 'always'];

export function parseRestore(args: Arguments): RestorePlan {
  const [what, extra] = args.positionals;
  if (what === undefined) {
    throw new VaultError('usage', 'name a snapshot', {
      hint: 'For example: vault restore latest --target DIR',
    });
  }
  if (extra !== undefined) {
    throw new VaultError('usage', `one snapshot only; "${extra}" is too much`, {
      hint: 'A subtree is written SNAPSHOT:PATH.',
    });
  }
  const word = args.value('overwrite') ?? 'fail';
  const overwrite = OVERWRITES.find((known) => known === word);
  if (overwrite === undefined) {
    throw new VaultError('usage', `--overwrite takes ${OVERWRITES.join(', ')}, not "${word}"`);
  }
  const colon = what.indexOf(':');
  const subtree = colon < 0 ? '' : what.slice(colon + 1);
  return {
    snapshot: colon < 0 ? what : what.slice(0, colon),
    ...(subtree === '' ? {} : { path: subtree }),
    target: path.resolve(requiredValue(args, 'target', 'vault restore latest --target DIR')),
    overwrite,
    ...parseFrom(args),
  };
}

async function run(plan: RestorePlan, session: Session): Promise<number> {
  const { from: _, words: _words, ...wish } = plan;
  return withReader(session, plan, async (vault) => {
    const summary = await restorePrinter(session).during((onProgress) =>
      vault.restore({ ...wish, ...fromOf(session, plan), onProgress, signal: session.signal }),
    );
    return restoreExitCode(summary);
  });
}

export const restore: CommandSpec = defineCommand<RestorePlan>({
  name: 'restore',
  summary: 'restore a snapshot, or a part of one, into a directory',
  usage: 'SNAPSHOT[:PATH] --target DIR [--overwrite fail|never|always] [--from DIR]...',
  options: [
    { name: 'target', value: 'DIR', about: 'where to restore to; made when absent' },
    {
      name: 'overwrite',
      value: 'HOW',
      about: 'existing files: fail (default; DIR must be empty), never (keep them), always (replace them)',
    },
    ...FROM_OPTIONS,
  ],
  details: `
SNAPSHOT is an id, the beginning of one, or "latest". A whole snapshot is restored with its paths from the root; of SNAPSHOT:PATH the
contents land directly in DIR. Bytes come from several holders at once and each is checked. What cannot be had is named, and the rest is
restored nevertheless.

With --from the folders of an export ("vault export") are read first, and the mesh is asked only for what they lack. On a machine without a vault they
are enough: the passphrase of the machine that wrote them is asked, or, with --words, the 24 words; nothing is left behind but the files.

Exit codes: 0 everything restored; 1 some files could not be written; 23 some data is unavailable now; 24 some data is lost or corrupt.

  vault restore latest --target ~/restored
  vault restore 3f2a9c01:/home/me/documents --target ~/documents
  vault restore latest --from /media/stick-a --from /media/stick-b --target ~/restored`,
  afterInterrupt: 'Run it again with --overwrite never: the files that are there are complete and are kept.',
  parse: parseRestore,
  run,
});
