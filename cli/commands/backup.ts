/** `vault backup`: one snapshot of the named paths, on as many holders as the vault asks for. */
import { COMPRESSIONS, type Compression, VaultError } from '../../src/index.ts';
import { backupExitCode, backupPrinter } from '../printers/backup.ts';
import { type Arguments, type CommandSpec, defineCommand } from '../terminal/command.ts';
import { LIMIT_OPTIONS } from '../terminal/limits.ts';
import { parseLocalTime } from '../terminal/local-time.ts';
import type { Session } from '../terminal/session.ts';
import { CHOICE_OPTIONS, type ChoicePlan, completeChoice, parseChoice } from './backup-choice.ts';
import { type BackupInput, INPUT_OPTIONS, parseInput, readInput } from './backup-input.ts';
import { withVault } from './vault-options.ts';

export interface BackupPlan {
  readonly input: BackupInput;
  readonly choice: ChoicePlan;
  readonly tags: readonly string[];
  readonly host?: string;
  readonly spread: Spread;
  readonly parent?: string;
  readonly timeMs?: number;
  readonly force: boolean;
  readonly skipIfUnchanged: boolean;
  readonly dryRun: boolean;
  readonly compression: Compression;
}

function compressionOf(text: string): Compression {
  const known = COMPRESSIONS.find((name) => name === text);
  if (known) return known;
  throw new VaultError('usage', `--compression knows ${COMPRESSIONS.join(', ')}, not "${text}"`);
}

const SPREADS = ['auto', 'relay', 'direct'] as const;
type Spread = (typeof SPREADS)[number];

function parseSpread(text: string): Spread {
  const spread = SPREADS.find((known) => known === text);
  if (spread) return spread;
  throw new VaultError('usage', `--spread is ${SPREADS.join(', ')}, not "${text}"`);
}

export function parseBackup(args: Arguments): BackupPlan {
  const host = args.value('host');
  const parent = args.value('parent');
  const time = args.value('time');
  return {
    input: parseInput(args),
    choice: parseChoice(args),
    tags: args.values('tag').flatMap((tags) => tags.split(',').filter((tag) => tag !== '')),
    ...(host === undefined ? {} : { host }),
    spread: parseSpread(args.value('spread') ?? 'auto'),
    ...(parent === undefined ? {} : { parent }),
    ...(time === undefined ? {} : { timeMs: parseLocalTime(time) }),
    force: args.has('force'),
    skipIfUnchanged: args.has('skip-if-unchanged'),
    dryRun: args.has('dry-run'),
    compression: compressionOf(args.value('compression') ?? 'auto'),
  };
}

async function run(plan: BackupPlan, session: Session): Promise<number> {
  const { input, choice, ...asked } = plan;
  const what = await readInput(input, session);
  const leftOut = await completeChoice(choice, session);
  return withVault(session, async (vault) => {
    const printer = backupPrinter(session);
    const summary = await printer.during((onProgress) =>
      vault.backup({
        ...asked,
        ...what,
        ...leftOut,
        ...(session.mode.verbose ? { onItem: printer.item } : {}),
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
    ...CHOICE_OPTIONS,
    ...INPUT_OPTIONS,
    { name: 'tag', value: 'T', multiple: true, about: 'label of the snapshot; may be repeated' },
    { name: 'host', short: 'H', value: 'H', about: "host name in the snapshot (default: this machine's)" },
    { name: 'time', value: 'TIME', about: "time in the snapshot, like '2026-11-01 22:08:41' (default: now)" },
    {
      name: 'parent',
      value: 'SNAPSHOT',
      about: 'compare with this one (default: the last of this host and these paths)',
    },
    { name: 'force', short: 'f', about: 'compare with none: read every file again' },
    { name: 'skip-if-unchanged', about: 'make no snapshot when it would be the same as the last' },
    {
      name: 'spread',
      value: 'HOW',
      about: 'auto (default), relay (send one copy, holders pass it on) or direct (send each)',
    },
    {
      name: 'compression',
      value: 'HOW',
      about: 'auto, off, fast, better or max: smaller takes longer (default: auto)',
    },
    { name: 'dry-run', short: 'n', about: 'read, count and compress, send nothing; -v lists what is new' },
    ...LIMIT_OPTIONS,
  ],
  details: `
Sends what the holders do not have yet, each chunk to as many peers as the vault asks for, and then announces the snapshot. What did not
change since the last snapshot of the same paths is neither read nor sent. An interrupted backup is taken up by the next one.

On a slow uplink three copies need not cost three uploads: with --spread relay each chunk is sent once and the holders pass it on among themselves; every
one of them signs for what it keeps, and what was not passed on is sent directly. Left alone, vault measures which way is faster.

Patterns are restic's. They match whole names of the absolute path, anywhere in it or, with a leading /, from the root, and all that is
below: "cache" leaves out /home/u/cache/x, "/bin" not /usr/bin. * and ? stand within one name, ** for any number of names, [a-z] and
[^a-z] for one character; !PATTERN takes back what patterns before it left out, but not inside a folder that is left out. In exclude files
# begins a comment, $NAME is a variable of the environment, and $$ a dollar sign.

With -v every file and link that is new or has changed is listed. Nothing is stored when standard input is empty or the command fails.

Exit codes: 0 done; 3 done, but some files could not be read, or vanished; 20 too few peers, nothing stored; 21 stored, but on fewer
copies than asked; 22 no space; 130 interrupted. When 3 and 21 both apply, 21 is returned.

  vault backup ~/documents ~/photos --exclude '*.tmp' --exclude-caches --tag daily
  vault backup ~ --exclude-file ~/.vault-excludes --one-file-system -n -v
  find ~/work -newer stamp -print0 | vault backup --files-from-raw -
  vault backup --stdin-from-command --stdin-filename db.sql -- mysqldump --all-databases`,
  afterInterrupt: 'Run the same command again; what was sent is not sent twice.',
  parse: parseBackup,
  run,
});
