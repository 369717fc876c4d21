/** `vault-peer import`: what was carried here on a disk goes into this peer's store, not over the line. */
import { exitCodeOf } from '../../cli/exit-codes.ts';
import { type CommandSpec, defineCommand } from '../../cli/terminal/command.ts';
import { count } from '../../cli/terminal/count.ts';
import { progressLine } from '../../cli/terminal/progress-line.ts';
import type { Session } from '../../cli/terminal/session.ts';
import { formatBytes, type ImportPeerReport, importPeer, VaultError } from '../../src/index.ts';
import { DATA_OPTION, folderOf, noPositionals } from './peer-options.ts';

interface ImportPlan {
  readonly data?: string;
  readonly from: readonly string[];
}

function printReport(session: Session, { vaults, stopped, durationMs }: ImportPeerReport): void {
  for (const vault of vaults) {
    session.emit({
      message_type: 'imported',
      vault_id: vault.vaultId,
      chunks_added: vault.chunksAdded,
      bytes_added: vault.bytesAdded,
      chunks_known: vault.chunksKnown,
      chunks_unwanted: vault.chunksUnwanted,
      chunks_damaged: vault.chunksDamaged,
      log_entries: vault.logEntries,
    });
    const known = vault.chunksKnown === 0 ? '' : `, ${vault.chunksKnown} were here`;
    const rest =
      vault.chunksUnwanted === 0 ? '' : `, ${vault.chunksUnwanted} that its logs do not name left out`;
    session.tell(`vault     ${vault.vaultId}`);
    session.tell(
      `added     ${count(vault.chunksAdded, 'chunk')}, ${formatBytes(vault.bytesAdded)}${known}${rest}`,
    );
  }
  session.emit({ message_type: 'summary', vaults: vaults.length, total_duration: durationMs / 1000 });
  if (stopped)
    throw new VaultError(stopped.code, stopped.message, {
      hint: 'What was added stays. Run it again when there is room.',
    });
}

export const importCommand: CommandSpec = defineCommand<ImportPlan>({
  name: 'import',
  summary: 'take chunks from an export on a disk instead of over the line',
  usage: '--from DIR [--from DIR]... [--data DIR]',
  options: [
    {
      name: 'from',
      value: 'DIR',
      multiple: true,
      about: 'folder of an export (vault export); may be repeated',
    },
    DATA_OPTION,
  ],
  details: `
For the first terabyte: the owner runs "vault export" to a disk, the disk travels, and this puts its chunks into the store of this peer, which must be
stopped meanwhile. It needs no key, checks every byte, and takes only what the vault's signed logs name. Then start the peer; once it is a holder of
the vault (the owner's next backup sees to that), it has its share already.

  vault-peer import --from /media/disk`,
  afterInterrupt: 'Run it again: what was added is not added twice.',
  parse: (args) => {
    noPositionals(args, 'import');
    const from = args.values('from');
    if (from.length === 0) {
      throw new VaultError('usage', '--from is missing', {
        hint: 'For example: vault-peer import --from /media/disk',
      });
    }
    const data = args.value('data');
    return { ...(data === undefined ? {} : { data }), from };
  },
  run: async ({ data, from }, session) => {
    const line = progressLine(session);
    try {
      const report = await importPeer({
        folder: folderOf(session, data),
        from: { places: from, env: session.terminal.env },
        onWarning: session.warn,
        signal: session.signal,
        onProgress: ({ done, total, bytesDone }) =>
          line.update(() => `looked at ${done} of ${total} chunks  ${formatBytes(bytesDone)} added`),
      });
      line.clear();
      printReport(session, report);
      const damaged = report.vaults.some(({ chunksDamaged }) => chunksDamaged > 0);
      return damaged ? exitCodeOf('fewer-copies') : 0;
    } finally {
      line.clear();
    }
  },
});
