/** `vault check`: is everything that the snapshots need there, and, if asked, does it read back? */
import { type CheckSubset, parseBytes, VaultError } from '../../src/index.ts';
import { checkExitCode, checkPrinter } from '../printers/check.ts';
import { type Arguments, type CommandSpec, defineCommand } from '../terminal/command.ts';
import { LIMIT_OPTIONS } from '../terminal/limits.ts';
import { withVault } from './vault-options.ts';

export interface CheckPlan {
  readonly snapshots: readonly string[];
  readonly readData: boolean;
  readonly subset?: CheckSubset;
}

/** "5%", "2/7" or "500M", as restic's --read-data-subset. Throws 'usage'. */
export function parseSubset(text: string): CheckSubset {
  const share = /^(\d+(?:\.\d+)?)%$/.exec(text);
  if (share) {
    const percent = Number(share[1]);
    if (percent > 0 && percent <= 100) return { percent };
  }
  const parts = /^(\d+)\/(\d+)$/.exec(text);
  if (parts) {
    const [part, of] = [Number(parts[1]), Number(parts[2])];
    if (part >= 1 && part <= of && of <= 256) return { part, of };
  }
  if (/^\d+(?:\.\d+)?\s*[a-z]*$/i.test(text)) {
    const bytes = parseBytes(text);
    if (bytes > 0) return { bytes };
  }
  throw new VaultError('usage', `--read-data-subset cannot be "${text}"`, {
    hint: 'Write 5% (chosen by chance), 2/7 (the second of seven parts, at most 256) or 500M (about so much, chosen by chance).',
  });
}

export function parseCheck(args: Arguments): CheckPlan {
  const subset = args.value('read-data-subset');
  const readData = args.has('read-data');
  if (readData && subset !== undefined) {
    throw new VaultError('usage', '--read-data and --read-data-subset exclude each other');
  }
  return {
    snapshots: args.positionals,
    readData,
    ...(subset === undefined ? {} : { subset: parseSubset(subset) }),
  };
}

export const check: CommandSpec = defineCommand<CheckPlan>({
  name: 'check',
  summary: 'look for everything that the snapshots need, and read it back if asked',
  usage: '[SNAPSHOT...] [--read-data | --read-data-subset 5%|n/t|SIZE]',
  options: [
    { name: 'read-data', about: 'fetch, decrypt and compare every chunk' },
    {
      name: 'read-data-subset',
      value: 'SUBSET',
      about: 'the same for a part: 5% or 500M (by chance), or n/t, the n-th of t parts',
    },
    ...LIMIT_OPTIONS,
  ],
  details: `
Reads all directories of all snapshots (or of those named) and asks the holders for every chunk. Without --read-data the holders' word is
taken for the contents; with it every byte is fetched, its hash compared, and decrypted. To read everything within a week, run 1/7 on
Monday, 2/7 on Tuesday, and so on. Nothing is changed: damage is mended by the holders themselves, or at once by "vault repair".

Exit codes: 0 nothing found; 21 all data is there, but single copies of it are bad; 23 some data is unavailable now; 24 some data is lost or corrupt; 25 somebody tampered with the log.

  vault check --read-data-subset 5%`,
  afterInterrupt: 'Nothing was changed; run it again.',
  parse: parseCheck,
  run: ({ snapshots, readData, subset }, session) =>
    withVault(session, async (vault) => {
      const report = await checkPrinter(session).during((onProgress) =>
        vault.check({
          ...(snapshots.length === 0 ? {} : { snapshots }),
          readData,
          ...(subset === undefined ? {} : { subset }),
          onProgress,
          signal: session.signal,
        }),
      );
      return checkExitCode(report);
    }),
});
