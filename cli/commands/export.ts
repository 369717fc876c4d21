/** `vault export`: the vault on sticks, disks, cloud drives or in a bucket, enough by themselves to restore from. */
import { VaultError } from '../../src/index.ts';
import { exportExitCode, exportPrinter } from '../printers/export.ts';
import { type Arguments, type CommandSpec, defineCommand } from '../terminal/command.ts';
import { placesOf } from './from-options.ts';
import { noPositionals, withVault } from './vault-options.ts';

interface ExportPlan {
  readonly to: readonly string[];
  readonly copies: number;
  readonly verify: boolean;
  readonly prune: boolean;
  readonly dryRun: boolean;
  readonly withoutKeys: boolean;
}

function parseExport(args: Arguments): ExportPlan {
  noPositionals(args, 'export');
  const to = args.values('to');
  if (to.length === 0) {
    throw new VaultError('usage', '--to is missing', { hint: 'For example: vault export --to /media/stick' });
  }
  const copies = Number(args.value('copies') ?? 1);
  if (!Number.isInteger(copies) || copies < 1)
    throw new VaultError('usage', '--copies takes a number from 1 on');
  return {
    to,
    copies,
    verify: args.has('verify'),
    prune: args.has('prune'),
    dryRun: args.has('dry-run'),
    withoutKeys: args.has('without-keys'),
  };
}

export const exportCommand: CommandSpec = defineCommand<ExportPlan>({
  name: 'export',
  summary: 'write the vault to sticks, folders or a bucket, to restore from without any peer',
  usage: '--to DIR [--to DIR]... [--copies N] [--verify] [--prune] [--dry-run]',
  options: [
    {
      name: 'to',
      value: 'DIR',
      multiple: true,
      about: 'a folder that exists, or s3:https://host/bucket/prefix; may be repeated',
    },
    {
      name: 'copies',
      value: 'N',
      about: 'folders that get each chunk, at most as many as given (default: 1)',
    },
    { name: 'verify', about: 'read everything that is there already, and replace what is damaged' },
    { name: 'prune', about: 'first remove what the vault no longer keeps' },
    { name: 'dry-run', short: 'n', about: 'only say what would be written' },
    { name: 'without-keys', about: 'leave the sealed keys out: then only the 24 words open the export' },
  ],
  details: `
Spreads the vault's chunks over the folders by the room that each has, writes to all of them at once, and reads back what it wrote. The logs, this
machine's keys (sealed by its passphrases) and the ticket go into each folder, so that the folders together are enough on an empty machine: see "vault
help restore" (--from) and "vault help recover". The next run writes only what is new; one that was killed goes on where it was. Give all folders
of an export every time. When it does not fit, nothing is written, and it says how much is missing.

A folder may be a stick (FAT32 too), a disk, a mounted cloud drive or rclone remote. For a bucket the key comes from AWS_ACCESS_KEY_ID and
AWS_SECRET_ACCESS_KEY, or from the profile AWS_PROFILE of a credentials file, the region from AWS_REGION.

Exit codes: 0 every chunk is there in all its copies; 21 some have fewer; 22 it does not fit; 23 some data could not be had now; 24 lost.

  vault export --to /media/stick-a --to /media/stick-b
  vault export --to /mnt/disk --to s3:https://s3.example.org/backups/home --copies 2 --prune`,
  afterInterrupt: 'Run it again: what was written is not written twice.',
  parse: parseExport,
  run: ({ to, ...plan }, session) =>
    withVault(session, async (vault) => {
      const report = await exportPrinter(session).during((onProgress) =>
        vault.export({ ...plan, to: placesOf(session, to), onProgress, signal: session.signal }),
      );
      return exportExitCode(report);
    }),
});
