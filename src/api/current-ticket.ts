/** The ticket that a vault's owner gives to paper and to other machines: with the addresses that were good the last time (M1). */
import type { VaultId } from '../model/ids.ts';
import type { Disk } from '../runtime/disk.ts';
import { readTicket } from '../vault/vault-home.ts';
import { readKnownPeers } from './known-peers.ts';
import { sheetTicket } from './sheet-ticket.ts';
import { readTableFile } from './table-file.ts';

/** Throws 'corrupt' when there is no ticket, 'bad-ticket', 'io'. */
export async function currentTicket(
  disk: Disk,
  { folder, vault }: { readonly folder: string; readonly vault: VaultId },
): Promise<string> {
  const table = await readTableFile(disk, folder, vault);
  return sheetTicket({
    ticket: await readTicket(disk, folder),
    known: (await readKnownPeers(folder, disk)).addresses,
    holders: table?.table.members.map(({ peer }) => peer) ?? [],
  });
}
