/** Options of `vault-peer run` that say how patient and how busy a peer is. */
import type { Arguments, OptionSpec } from '../../cli/terminal/command.ts';
import { type KeeperWishes, parseBytes, parseDuration, VaultError } from '../../src/index.ts';

export const UPKEEP_OPTIONS: readonly OptionSpec[] = [
  {
    name: 'suspect-after',
    value: 'TIME',
    about: 'a peer silent this long is read elsewhere (default: 5min)',
  },
  {
    name: 'away-after',
    value: 'TIME',
    about: 'silent this long: an extra copy if fewer than two are left (default: 15min)',
  },
  {
    name: 'lost-after',
    value: 'TIME',
    about: 'silent this long: its copies are made anew (default: 72h)',
  },
  {
    name: 'stuck-after',
    value: 'TIME',
    about: 'says this long that it lacks chunks, without getting on: others take its place (default: 12h)',
  },
  { name: 'check-every', value: 'TIME', about: 'between two looks at each co-holder (default: 1min)' },
  { name: 'audit-every', value: 'TIME', about: 'between two rounds of audits (default: 10min)' },
  { name: 'scrub-every', value: 'TIME', about: 'read everything kept once in this time (default: 14d)' },
  {
    name: 'trash-for',
    value: 'TIME',
    about: 'how long dropped chunks can be brought back (default: 14d)',
  },
  {
    name: 'unfinished-for',
    value: 'TIME',
    about: 'how long chunks wait for the end of their backup (default: 7d)',
  },
  {
    name: 'repair-limit',
    value: 'SIZE',
    about: 'most bytes per second for repair, scrub and proofs (default: 8MiB)',
  },
  { name: 'max-per-vault', value: 'SIZE', about: 'most it keeps of one vault (default: its capacity)' },
  { name: 'max-chunks', value: 'N', about: 'most files of chunks it keeps (default: no limit)' },
  { name: 'max-chunks-per-vault', value: 'N', about: 'the same for any one vault (default: no limit)' },
];

export interface UpkeepPlan {
  readonly upkeep: KeeperWishes;
  readonly maxVaultBytes?: number;
  readonly maxChunks?: number;
  readonly maxVaultChunks?: number;
}

/** Throws 'usage'. */
export function parseUpkeep(args: Arguments): UpkeepPlan {
  const times = {
    suspectMs: timeOf(args, 'suspect-after'),
    awayMs: timeOf(args, 'away-after'),
    lostMs: timeOf(args, 'lost-after'),
    stuckMs: timeOf(args, 'stuck-after'),
    checkMs: timeOf(args, 'check-every'),
    auditMs: timeOf(args, 'audit-every'),
    scrubMs: timeOf(args, 'scrub-every'),
    trashMs: timeOf(args, 'trash-for'),
    expiryMs: timeOf(args, 'unfinished-for'),
    repairBytesPerSecond: sizeOf(args, 'repair-limit'),
  };
  const given = Object.entries(times).filter(([, value]) => value !== undefined);
  const maxVaultBytes = sizeOf(args, 'max-per-vault');
  const maxChunks = countOf(args, 'max-chunks');
  const maxVaultChunks = countOf(args, 'max-chunks-per-vault');
  return {
    upkeep: Object.fromEntries(given),
    ...(maxVaultBytes === undefined ? {} : { maxVaultBytes }),
    ...(maxChunks === undefined ? {} : { maxChunks }),
    ...(maxVaultChunks === undefined ? {} : { maxVaultChunks }),
  };
}

function timeOf(args: Arguments, name: string): number | undefined {
  const text = args.value(name);
  return text === undefined ? undefined : parseDuration(text);
}

function sizeOf(args: Arguments, name: string): number | undefined {
  const text = args.value(name);
  return text === undefined ? undefined : parseBytes(text);
}

function countOf(args: Arguments, name: string): number | undefined {
  const text = args.value(name);
  if (text === undefined) return undefined;
  const count = /^\d{1,12}$/.test(text) ? Number(text) : 0;
  if (count > 0) return count;
  throw new VaultError('usage', `--${name} takes a number of at least 1, not "${text}"`);
}
