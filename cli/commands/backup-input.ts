/** The options of `vault backup` that say what is read: paths, lists of paths, standard input, the output of a program. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type BackupStream, VaultError } from '../../src/index.ts';
import type { Arguments, OptionSpec } from '../terminal/command.ts';
import { cannotRead } from '../terminal/file-trouble.ts';
import { programOutput } from '../terminal/program-output.ts';
import type { Session } from '../terminal/session.ts';
import { pathLines, patternLines, rawPaths } from '../terminal/text-file.ts';

interface PathsInput {
  /** Absolute. */
  readonly paths: readonly string[];
  readonly filesFrom: readonly string[];
  readonly filesFromVerbatim: readonly string[];
  readonly filesFromRaw: readonly string[];
}

interface StreamInput {
  /** Where it lies in the snapshot. */
  readonly filename: string;
  /** A program and its arguments; without it standard input is read. */
  readonly command?: readonly string[];
}

export type BackupInput = PathsInput | StreamInput;

export const INPUT_OPTIONS: readonly OptionSpec[] = [
  {
    name: 'files-from',
    value: 'F',
    multiple: true,
    about: 'back up what the patterns in this file match, one a line; - for standard input',
  },
  {
    name: 'files-from-verbatim',
    value: 'F',
    multiple: true,
    about: 'back up the paths in this file, one a line',
  },
  {
    name: 'files-from-raw',
    value: 'F',
    multiple: true,
    about: 'the same, each with a zero byte at its end (find -print0)',
  },
  { name: 'stdin', about: 'back up standard input as one file' },
  { name: 'stdin-from-command', about: 'back up what the command prints: -- COMMAND [ARGUMENT...]' },
  { name: 'stdin-filename', value: 'NAME', about: 'name of that file in the snapshot (default: stdin)' },
];

const LISTS = ['files-from', 'files-from-verbatim', 'files-from-raw'] as const;

/** Throws 'usage'. */
export function parseInput(args: Arguments): BackupInput {
  const lists = LISTS.flatMap((name) => args.values(name));
  const isCommand = args.has('stdin-from-command');
  if (isCommand || args.has('stdin')) return streamInput(args, isCommand, lists.length);
  if (args.has('stdin-filename')) {
    throw new VaultError('usage', '--stdin-filename needs --stdin or --stdin-from-command');
  }
  if (args.positionals.length + lists.length === 0) {
    throw new VaultError('usage', 'nothing to back up: name at least one path', {
      hint: 'For example: vault backup ~/documents',
    });
  }
  if (lists.filter((file) => file === '-').length > 1) {
    throw new VaultError('usage', 'standard input can be one list only');
  }
  return {
    paths: args.positionals.map((name) => path.resolve(name)),
    filesFrom: args.values('files-from'),
    filesFromVerbatim: args.values('files-from-verbatim'),
    filesFromRaw: args.values('files-from-raw'),
  };
}

function streamInput(args: Arguments, isCommand: boolean, lists: number): StreamInput {
  const option = isCommand ? '--stdin-from-command' : '--stdin';
  if (isCommand && args.has('stdin')) {
    throw new VaultError('usage', 'say --stdin or --stdin-from-command, not both');
  }
  if (lists > 0) throw new VaultError('usage', `${option} takes no list of files besides`);
  if (args.has('skip-if-unchanged')) {
    throw new VaultError('usage', `${option} is always new, so --skip-if-unchanged would never skip`);
  }
  if (isCommand !== args.positionals.length > 0) {
    throw isCommand
      ? new VaultError('usage', `${option} needs a command`, {
          hint: 'For example: vault backup --stdin-from-command --stdin-filename db.sql -- mysqldump --all-databases',
        })
      : new VaultError('usage', `${option} takes no path besides`);
  }
  const filename = args.value('stdin-filename') ?? 'stdin';
  return { filename, ...(isCommand ? { command: args.positionals } : {}) };
}

export interface ReadInput {
  readonly paths: readonly (string | Uint8Array)[];
  readonly pathPatterns: readonly string[];
  readonly stream?: BackupStream;
}

/** Reads the lists; a stream is not begun yet. Throws 'io', 'not-found', 'usage'. */
export async function readInput(input: BackupInput, session: Session): Promise<ReadInput> {
  if ('filename' in input) {
    const { filename, command } = input;
    const open = (): AsyncIterable<Uint8Array> =>
      command
        ? programOutput(command, session.signal)
        : (session.terminal.stdin as AsyncIterable<Uint8Array>);
    return { paths: [], pathPatterns: [], stream: { name: filename, open } };
  }
  const read = (files: readonly string[]): Promise<Uint8Array[]> =>
    Promise.all(files.map((file) => listBytes(file, session)));
  const [globs, verbatim, raw] = await Promise.all([
    read(input.filesFrom),
    read(input.filesFromVerbatim),
    read(input.filesFromRaw),
  ]);
  const named = raw.flatMap((bytes, i) => rawPaths(bytes, `--files-from-raw ${input.filesFromRaw[i]}`));
  return {
    paths: [...input.paths, ...verbatim.flatMap(pathLines), ...named],
    pathPatterns: globs.flatMap(patternLines),
  };
}

async function listBytes(file: string, session: Session): Promise<Uint8Array> {
  if (file !== '-') {
    return await readFile(file).catch((cause: unknown) => {
      throw cannotRead(`the list of files ${file}`, cause);
    });
  }
  const parts: Buffer[] = [];
  for await (const part of session.terminal.stdin) parts.push(Buffer.from(part as Uint8Array));
  return Buffer.concat(parts);
}
