/** `vault restore`: a snapshot, or a part of one, as files in a directory. */
import path from 'node:path';
import { type Overwrite, type SnapshotFilter, VaultError } from '../../src/index.ts';
import { restoreExitCode, restorePrinter } from '../printers/restore.ts';
import { type Arguments, type CommandSpec, defineCommand, type OptionSpec } from '../terminal/command.ts';
import { LIMIT_OPTIONS } from '../terminal/limits.ts';
import type { Session } from '../terminal/session.ts';
import { FROM_OPTIONS, type FromPlan, fromOf, parseFrom, withReader } from './from-options.ts';
import { patternsOf } from './pattern-files.ts';
import { SELECTION_OPTIONS, selectionOf } from './selection-options.ts';
import { requiredValue } from './vault-options.ts';

export interface RestorePlan extends FromPlan, SnapshotFilter {
  readonly snapshot: string;
  readonly path?: string;
  /** Absolute. */
  readonly target: string;
  readonly overwrite: Overwrite;
  readonly include: readonly string[];
  readonly includeFiles: readonly string[];
  readonly iinclude: readonly string[];
  readonly iincludeFiles: readonly string[];
  readonly exclude: readonly string[];
  readonly excludeFiles: readonly string[];
  readonly iexclude: readonly string[];
  readonly iexcludeFiles: readonly string[];
  readonly delete: boolean;
  readonly verify: boolean;
  readonly sparse: boolean;
  readonly dryRun: boolean;
  readonly numericOwner: boolean;
}

const OVERWRITES: readonly Overwrite[] = ['fail', 'never', 'if-newer', 'if-changed', 'always'];
const EXAMPLE = 'vault restore latest --target DIR';

export function parseRestore(args: Arguments): RestorePlan {
  const plan = planOf(args);
  const unusable = contradictionIn(plan);
  if (unusable) throw new VaultError('usage', unusable.message, { hint: unusable.hint });
  return plan;
}

function planOf(args: Arguments): RestorePlan {
  return {
    ...sourceOf(args),
    target: path.resolve(requiredValue(args, 'target', EXAMPLE)),
    overwrite: overwriteOf(args),
    include: args.values('include'),
    includeFiles: args.values('include-file'),
    iinclude: args.values('iinclude'),
    iincludeFiles: args.values('iinclude-file'),
    exclude: args.values('exclude'),
    excludeFiles: args.values('exclude-file'),
    iexclude: args.values('iexclude'),
    iexcludeFiles: args.values('iexclude-file'),
    delete: args.has('delete'),
    verify: args.has('verify'),
    sparse: args.has('sparse'),
    dryRun: args.has('dry-run'),
    numericOwner: args.has('numeric-owner'),
    ...selectionOf(args),
    ...parseFrom(args),
  };
}

function contradictionIn(plan: RestorePlan): { message: string; hint: string } | undefined {
  if (plan.delete && plan.overwrite === 'fail') {
    return {
      message: '--delete needs --overwrite: it is for directories that have something in them',
      hint: 'For example: --overwrite if-changed --delete; look first with --dry-run.',
    };
  }
  if (plan.delete && plan.target === path.parse(plan.target).root && !hasPatterns(plan)) {
    return {
      message: '--delete in the root directory needs patterns, so that it cannot empty the machine',
      hint: 'Say with --include or --exclude what it is about.',
    };
  }
  if (plan.dryRun && plan.verify) {
    return {
      message: '--dry-run writes nothing that --verify could read back',
      hint: 'Leave one of them out.',
    };
  }
  return undefined;
}

function hasPatterns(plan: RestorePlan): boolean {
  const included = [plan.include, plan.includeFiles, plan.iinclude, plan.iincludeFiles];
  const excluded = [plan.exclude, plan.excludeFiles, plan.iexclude, plan.iexcludeFiles];
  return [...included, ...excluded].some((patterns) => patterns.length > 0);
}

function sourceOf(args: Arguments): Pick<RestorePlan, 'snapshot' | 'path'> {
  const [what, extra] = args.positionals;
  if (what === undefined)
    throw new VaultError('usage', 'name a snapshot', { hint: `For example: ${EXAMPLE}` });
  if (extra !== undefined) {
    throw new VaultError('usage', `one snapshot only; "${extra}" is too much`, {
      hint: 'A subtree is written SNAPSHOT:PATH; single files are chosen with --include.',
    });
  }
  const colon = what.indexOf(':');
  const subtree = colon < 0 ? '' : what.slice(colon + 1);
  const snapshot = colon < 0 ? what : what.slice(0, colon);
  return { snapshot, ...(subtree === '' ? {} : { path: subtree }) };
}

function overwriteOf(args: Arguments): Overwrite {
  const word = args.value('overwrite') ?? 'fail';
  const overwrite = OVERWRITES.find((known) => known === word);
  if (overwrite !== undefined) return overwrite;
  throw new VaultError('usage', `--overwrite takes ${OVERWRITES.join(', ')}, not "${word}"`);
}

async function run(plan: RestorePlan, session: Session): Promise<number> {
  const { includeFiles, iincludeFiles, excludeFiles, iexcludeFiles, ...rest } = plan;
  const { from: _, words: _words, ...wish } = rest;
  const include = [...plan.include, ...(await patternsOf(includeFiles, 'include', session))];
  const iinclude = [...plan.iinclude, ...(await patternsOf(iincludeFiles, 'include', session))];
  const exclude = [...plan.exclude, ...(await patternsOf(excludeFiles, 'exclude', session))];
  const iexclude = [...plan.iexclude, ...(await patternsOf(iexcludeFiles, 'exclude', session))];
  return withReader(session, plan, async (vault) => {
    const printer = restorePrinter(session);
    const summary = await printer.during((onProgress) =>
      vault.restore({
        ...wish,
        ...fromOf(session, plan),
        include,
        iinclude,
        exclude,
        iexclude,
        onProgress,
        ...(session.mode.verbose ? { onEntry: printer.entry } : {}),
        signal: session.signal,
      }),
    );
    return restoreExitCode(summary);
  });
}

const PATTERN = { value: 'PATTERN', multiple: true } as const;
const FILE = { value: 'F', multiple: true } as const;

const OPTIONS: readonly OptionSpec[] = [
  { name: 'target', short: 't', value: 'DIR', about: 'where to restore to; made when absent' },
  {
    name: 'overwrite',
    value: 'HOW',
    about: 'files that are there: fail (default), never, if-newer, if-changed, always',
  },
  {
    name: 'include',
    short: 'i',
    ...PATTERN,
    about: 'only what matches, with the directories on the way; may be repeated',
  },
  { name: 'iinclude', ...PATTERN, about: 'the same, whatever its case' },
  { name: 'include-file', ...FILE, about: 'file with one pattern to include a line' },
  { name: 'iinclude-file', ...FILE, about: 'the same, whatever its case' },
  { name: 'exclude', short: 'e', ...PATTERN, about: 'all but what matches; may be repeated' },
  { name: 'iexclude', ...PATTERN, about: 'the same, whatever its case' },
  { name: 'exclude-file', ...FILE, about: 'file with one pattern to exclude a line' },
  { name: 'iexclude-file', ...FILE, about: 'the same, whatever its case' },
  { name: 'delete', about: 'remove what lies in the restored directories and is not in the snapshot' },
  { name: 'verify', about: 'read everything back that was written' },
  { name: 'sparse', about: 'leave blocks of zeros out of all files (default: of those that had holes)' },
  { name: 'dry-run', short: 'n', about: 'only say what would be done; -v names each entry' },
  { name: 'numeric-owner', about: 'owners by number, also where this machine has users of their names' },
];

export const restore: CommandSpec = defineCommand<RestorePlan>({
  name: 'restore',
  summary: 'restore a snapshot, or a part of one, into a directory',
  usage: 'SNAPSHOT[:PATH] --target DIR [options] [--from DIR]...',
  options: [...OPTIONS, ...SELECTION_OPTIONS, ...FROM_OPTIONS, ...LIMIT_OPTIONS],
  details: `
SNAPSHOT is an id, the beginning of one, "latest", or "latest~N" for the Nth before it; --host, --tag and --path say among which. A
whole snapshot is restored with its paths from the root; of SNAPSHOT:PATH the contents land directly in DIR. Bytes come from several holders at once and each is checked. What cannot be had is named, and the rest is
restored nevertheless. A file has its name only when it is complete.

Without --overwrite DIR must be empty, or hold what an interrupted restore of the same has left: run the same command again, and it goes
on. "if-changed" replaces files of another size or time, and corrects the attributes of the others; "if-newer" replaces older ones; "never"
and "always" do what they say. To restore in place: --target / --overwrite if-changed.

Patterns are restic's, compared with paths from the top of what is restored: "*.txt" and "sub/*.txt" match anywhere, "/home/me" only there,
"**" is any number of directories, and what matches a directory matches everything below. "!" before a pattern to exclude takes back.

With --from the folders of an export ("vault export") are read first, and the mesh is asked only for what they lack. On a machine without a vault they
are enough: the passphrase of the machine that wrote them is asked, or, with --words, the 24 words; nothing is left behind but the files.

Exit codes: 0 everything restored; 1 some files could not be written; 23 some data is unavailable now; 24 some data is lost or corrupt.

  vault restore latest --target ~/restored
  vault restore 3f2a9c01:/home/me/documents --target ~/documents
  vault restore latest --host laptop --target ~/laptop
  vault restore latest --target / --include /home/me/.bashrc --overwrite always
  vault restore latest:/srv/data --target /srv/data --overwrite if-changed --delete --dry-run -v
  vault restore latest --from /media/stick-a --from /media/stick-b --target ~/restored`,
  parse: parseRestore,
  run,
});
