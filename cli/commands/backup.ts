/** `vault backup`: one snapshot of the named paths, on as many holders as the vault asks for. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { COMPRESSIONS, type Compression, VaultError } from '../../src/index.ts';
import { backupExitCode, backupPrinter } from '../printers/backup.ts';
import { type Arguments, type CommandSpec, defineCommand } from '../terminal/command.ts';
import { cannotRead } from '../terminal/file-trouble.ts';
import type { Session } from '../terminal/session.ts';
import { withVault } from './vault-options.ts';

export interface BackupPlan {
  /** Absolute. */
  readonly paths: readonly string[];
  readonly excludes: readonly string[];
  readonly excludeFiles: readonly string[];
  readonly tags: readonly string[];
  readonly host?: string;
  readonly dryRun: boolean;
  readonly compression: Compression;
  readonly limitUpload?: string;
}

function compressionOf(text: string): Compression {
  const known = COMPRESSIONS.find((name) => name === text);
  if (known) return known;
  throw new VaultError('usage', `--compression knows ${COMPRESSIONS.join(', ')}, not "${text}"`);
}

export function parseBackup(args: Arguments): BackupPlan {
  if (args.positionals.length === 0) {
    throw new VaultError('usage', 'nothing to back up: name at least one path', {
      hint: 'For example: vault backup ~/documents',
    });
  }
  const host = args.value('host');
  return {
    paths: args.positionals.map((name) => path.resolve(name)),
    excludes: args.values('exclude'),
    excludeFiles: args.values('exclude-file'),
    tags: args.values('tag').flatMap((tags) => tags.split(',').filter((tag) => tag !== '')),
    ...(host === undefined ? {} : { host }),
    dryRun: args.has('dry-run'),
    ...(args.has('limit-upload') ? { limitUpload: args.value('limit-upload') ?? '' } : {}),
    compression: compressionOf(args.value('compression') ?? 'auto'),
  };
}

/** One pattern a line; empty lines and lines that begin with # say nothing. */
async function patternsOf(file: string): Promise<string[]> {
  try {
    const lines = (await readFile(file, 'utf8')).split(/\r?\n/);
    return lines.filter((line) => line.trim() !== '' && !line.startsWith('#'));
  } catch (cause) {
    throw cannotRead(`the exclude file ${file}`, cause);
  }
}

async function run(plan: BackupPlan, session: Session): Promise<number> {
  const fromFiles = await Promise.all(plan.excludeFiles.map(patternsOf));
  return withVault(session, async (vault) => {
    const summary = await backupPrinter(session).during((onProgress) =>
      vault.backup({
        paths: plan.paths,
        excludes: [...plan.excludes, ...fromFiles.flat()],
        tags: plan.tags,
        ...(plan.host === undefined ? {} : { host: plan.host }),
        dryRun: plan.dryRun,
        compression: plan.compression,
        ...(plan.limitUpload === undefined ? {} : { limitUpload: plan.limitUpload }),
        onProgress,
        signal: session.signal,
      }),
    );
    return backupExitCode(summary);
  });
}

export const backup: CommandSpec = defineCommand<BackupPlan>({
  name: 'backup',
  summary: 'back up files and directories',
  usage: 'PATH... [options]',
  options: [
    {
      name: 'exclude',
      value: 'GLOB',
      multiple: true,
      about: 'leave out what matches (gitignore patterns); may be repeated',
    },
    {
      name: 'exclude-file',
      value: 'F',
      multiple: true,
      about: 'file with one pattern a line; may be repeated',
    },
    { name: 'tag', value: 'T', multiple: true, about: 'label of the snapshot; may be repeated' },
    { name: 'host', value: 'H', about: "host name in the snapshot (default: this machine's)" },
    {
      name: 'compression',
      value: 'HOW',
      about: 'auto, off, fast, better or max: smaller takes longer (default: auto)',
    },
    {
      name: 'limit-upload',
      value: 'LIMIT',
      about: 'bytes per second of all copies together, like 2M, or by the time of day: 08:00-18:00=500k',
    },
    { name: 'dry-run', short: 'n', about: 'read and count, send nothing' },
  ],
  details: `
Sends what the holders do not have yet, each chunk to as many peers as the vault asks for, and then announces the snapshot. What did not
change since the last snapshot of the same paths is neither read nor sent. An interrupted backup is taken up by the next one.

Exit codes: 0 done; 3 done, but some files could not be read; 20 too few peers, nothing stored; 21 stored, but on fewer
copies than asked; 22 no space; 130 interrupted. When 3 and 21 both apply, 21 is returned.

  vault backup ~/documents ~/photos --exclude '*.tmp' --tag daily`,
  afterInterrupt: 'Run the same command again; what was sent is not sent twice.',
  parse: parseBackup,
  run,
});
