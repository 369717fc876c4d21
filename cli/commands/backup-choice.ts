/** The options of `vault backup` that say what is left out, and the exclude files behind them. */
import { CACHE_MARKER, type Choice, type FolderMarker, parseBytes, VaultError } from '../../src/index.ts';
import type { Arguments, OptionSpec } from '../terminal/command.ts';
import type { Session } from '../terminal/session.ts';
import { patternsOf } from './pattern-files.ts';

/** What the four options say that take patterns. */
export interface PatternPlan {
  readonly excludes: readonly string[];
  readonly excludesAnyCase: readonly string[];
  readonly excludeFiles: readonly string[];
  readonly excludeFilesAnyCase: readonly string[];
}

export type ChoicePlan = Omit<Choice, 'excludes' | 'excludesAnyCase'> & PatternPlan;

export const PATTERN_OPTIONS: readonly OptionSpec[] = [
  {
    name: 'exclude',
    short: 'e',
    value: 'PATTERN',
    multiple: true,
    about: 'leave out what matches; may be repeated, like all of these',
  },
  { name: 'iexclude', value: 'PATTERN', multiple: true, about: 'the same, capital or small letters' },
  { name: 'exclude-file', value: 'F', multiple: true, about: 'file with one pattern a line' },
  { name: 'iexclude-file', value: 'F', multiple: true, about: 'the same, capital or small letters' },
];

export const CHOICE_OPTIONS: readonly OptionSpec[] = [
  ...PATTERN_OPTIONS,
  { name: 'exclude-caches', about: 'leave out the contents of folders with a valid CACHEDIR.TAG' },
  {
    name: 'exclude-if-present',
    value: 'FILE[:HEADER]',
    multiple: true,
    about: 'leave out the contents of folders with this file (that begins with HEADER)',
  },
  { name: 'exclude-larger-than', value: 'SIZE', about: 'leave out larger files (like 500M, 2G)' },
  { name: 'one-file-system', short: 'x', about: 'stay on the file systems of the named paths' },
];

export function parsePatterns(args: Arguments): PatternPlan {
  return {
    excludes: args.values('exclude'),
    excludesAnyCase: args.values('iexclude'),
    excludeFiles: args.values('exclude-file'),
    excludeFilesAnyCase: args.values('iexclude-file'),
  };
}

/** Throws 'usage'. */
export function parseChoice(args: Arguments): ChoicePlan {
  const largest = args.value('exclude-larger-than');
  const markers = args.values('exclude-if-present').map(markerOf);
  return {
    ...parsePatterns(args),
    excludeIfPresent: args.has('exclude-caches') ? [...markers, CACHE_MARKER] : markers,
    oneFileSystem: args.has('one-file-system'),
    ...(largest === undefined ? {} : { excludeLargerThan: parseBytes(largest) }),
  };
}

function markerOf(text: string): FolderMarker {
  const colon = text.indexOf(':');
  const name = colon < 0 ? text : text.slice(0, colon);
  if (name === '' || name.includes('/')) {
    throw new VaultError('usage', `--exclude-if-present needs the name of a file, not "${text}"`, {
      hint: 'For example: --exclude-if-present .nobackup, or --exclude-if-present "FILE:what it begins with".',
    });
  }
  return { name, header: colon < 0 ? '' : text.slice(colon + 1) };
}

/** With the patterns of the files behind those of the command line. Throws 'io', 'not-found'. */
export async function completePatterns(
  plan: PatternPlan,
  session: Session,
): Promise<Pick<PatternPlan, 'excludes' | 'excludesAnyCase'>> {
  const { excludes, excludesAnyCase, excludeFiles, excludeFilesAnyCase } = plan;
  return {
    excludes: [...excludes, ...(await patternsOf(excludeFiles, 'exclude', session))],
    excludesAnyCase: [...excludesAnyCase, ...(await patternsOf(excludeFilesAnyCase, 'exclude', session))],
  };
}

export async function completeChoice(plan: ChoicePlan, session: Session): Promise<Choice> {
  const { excludeFiles: _, excludeFilesAnyCase: __, ...choice } = plan;
  return { ...choice, ...(await completePatterns(plan, session)) };
}
