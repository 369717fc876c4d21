/** `vault dump`: a file of a snapshot on standard output, or a folder as a tar or zip archive. */
import path from 'node:path';
import { type ArchiveFormat, type Dump, type DumpOptions, VaultError } from '../../src/index.ts';
import { worstExitCode } from '../printers/problems.ts';
import { problemText } from '../printers/words.ts';
import { type Arguments, type CommandSpec, defineCommand } from '../terminal/command.ts';
import { writeNewFile } from '../terminal/new-file.ts';
import type { Session } from '../terminal/session.ts';
import { SELECTION_OPTIONS, selectionOf } from './selection-options.ts';
import { withVault } from './vault-options.ts';

interface DumpPlan extends Omit<DumpOptions, 'signal'> {
  /** Absolute. */
  readonly target?: string;
}

const FORMATS: readonly ArchiveFormat[] = ['tar', 'zip'];

function parseDump(args: Arguments): DumpPlan {
  const [snapshot, what, extra] = args.positionals;
  if (snapshot === undefined || what === undefined) {
    throw new VaultError('usage', 'name a snapshot and a path in it', {
      hint: 'For example: vault dump latest /home/me/letter.odt > letter.odt',
    });
  }
  if (extra !== undefined) throw new VaultError('usage', `one path only; "${extra}" is too much`);
  const word = args.value('archive') ?? 'tar';
  const archive = FORMATS.find((known) => known === word);
  if (archive === undefined) throw new VaultError('usage', `--archive takes tar or zip, not "${word}"`);
  const target = args.value('target');
  return {
    snapshot,
    path: what,
    archive,
    ...(target === undefined ? {} : { target: path.resolve(target) }),
    ...selectionOf(args),
  };
}

/** Waits for the reader of standard output; one that goes away ends the program quietly. */
async function writeOut(session: Session, bytes: AsyncIterable<Uint8Array>): Promise<number> {
  let written = 0;
  for await (const chunk of bytes) {
    session.terminal.stdout.write(chunk);
    written += chunk.length;
    await session.drained();
  }
  return written;
}

async function write(plan: DumpPlan, session: Session, dump: Dump): Promise<void> {
  const { target } = plan;
  if (target === undefined) {
    if (dump.kind !== 'file' && session.terminal.stdout.isTTY === true) {
      throw new VaultError('usage', 'a folder is an archive, which would garble this terminal', {
        hint: 'Say --target FILE, or give standard output to another program or a file.',
      });
    }
    await writeOut(session, dump.bytes);
    return;
  }
  const bytes = await writeNewFile(target, dump.bytes);
  session.tell(`wrote ${target}`);
  session.emit({ message_type: 'summary', snapshot_id: dump.snapshot.id, kind: dump.kind, target, bytes });
}

export const dump: CommandSpec = defineCommand<DumpPlan>({
  name: 'dump',
  summary: 'write a file of a snapshot, or a folder as an archive, to standard output',
  usage: 'SNAPSHOT PATH [--archive tar|zip] [--target FILE]',
  options: [
    { name: 'archive', short: 'a', value: 'FORMAT', about: 'what a folder becomes: tar (default) or zip' },
    { name: 'target', short: 't', value: 'FILE', about: 'write to this file, which must not exist yet' },
    ...SELECTION_OPTIONS,
  ],
  details: `
A file comes as its bytes, a folder as an archive whose names begin in it; "/" is the whole snapshot. Nothing is unpacked on the way or kept
in memory, so that anything can read it while it comes.

  vault dump latest /home/me/mail.db | sqlite3 ...
  vault dump latest /home/me/documents | tar -x -C /tmp/documents
  vault dump latest~2 / --archive zip --target everything.zip`,
  parse: parseDump,
  run: (plan, session) =>
    withVault(session, async (vault) => {
      const { target: _target, ...what } = plan;
      const found = await vault.dump({ ...what, signal: session.signal });
      await write(plan, session, found);
      for (const { path: name, message } of found.problems) session.warn(problemText(name, message));
      return worstExitCode(found.problems);
    }),
});
