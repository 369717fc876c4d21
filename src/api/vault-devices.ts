/** The machines that write to a vault: who they are, what they keep, and how one that is gone is retired (L1). */
import { retireDevice } from '../backup/retire-device.ts';
import { verify } from '../crypto/ed25519.ts';
import { decodeCertificate } from '../format/certificate.ts';
import { bytesEqual } from '../model/bytes.ts';
import { VaultError } from '../model/errors.ts';
import { idText, type PeerName } from '../model/ids.ts';
import type { DeviceLog } from '../vault/log-books.ts';
import { decodeEntry } from '../vault/opened-entry.ts';
import { syncLog } from '../vault/sync-log.ts';
import type { DeviceInfo, RetireOptions, RetireReport } from './upkeep-types.ts';
import { syncForUpkeep } from './upkeep-work.ts';
import type { VaultWork } from './vault-work.ts';

type Books = Pick<VaultWork, 'home' | 'state'>;

export function vaultDevices(books: Books): readonly DeviceInfo[] {
  const records = books.state.snapshots();
  const self = books.home.device;
  const infos = books.state.logs.devices().map((log): DeviceInfo => {
    const times = records.filter(({ device }) => device === log.no).map(({ snapshot }) => snapshot.time);
    const { chunks, bytes } = books.state.chunks.addedBy(log.no);
    const retired = log.ends !== undefined;
    return {
      id: idText(log.device),
      name: log.name,
      self: bytesEqual(log.device, self.id),
      createdMs: createdMs(books, log),
      entries: Math.min(log.next, log.ends ?? log.next),
      snapshots: times.length,
      ...(times.length === 0 ? {} : { lastSnapshotMs: Math.max(...times) }),
      chunks: retired ? 0 : chunks,
      bytes: retired ? 0 : bytes,
      retired,
    };
  });
  if (!infos.some(({ self: here }) => here)) {
    const { created } = decodeCertificate(self.certificate, verify);
    const none = { entries: 0, snapshots: 0, chunks: 0, bytes: 0, retired: false };
    infos.push({ id: idText(self.id), name: self.name, self: true, createdMs: created, ...none });
  }
  return infos.toSorted((a, b) => a.createdMs - b.createdMs || (a.id < b.id ? -1 : 1));
}

/** From the certificate in the first entry of its log. */
function createdMs({ home, state }: Books, { device }: DeviceLog): number {
  const [first] = state.logs.entries(device, 0, 1);
  const certificate = first && decodeEntry(first, home.keys, device).certificate;
  return certificate ? decodeCertificate(certificate, verify).created : 0;
}

/** Throws 'not-found', 'ambiguous', 'usage' (this device, or one that is retired), what reading a directory throws, 'too-few-peers', 'unavailable' (a holder does not answer). */
export async function retireVaultDevice(work: VaultWork, options: RetireOptions): Promise<RetireReport> {
  const upkeep = await syncForUpkeep(work);
  const target = findDevice(work, options.device);
  if (!upkeep) throw new VaultError('usage', 'this vault has no log yet');
  const { snapshots, chunksAdded } = await retireDevice({
    ...upkeep,
    target: target.device,
    sync: async () => requireAll(work, (await syncLog(upkeep)).holders),
  });
  return { device: target.name, snapshotsTakenOver: snapshots, chunksAdded };
}

/** What the device wrote that only a silent holder has would be cut off with the rest of its log, for good, and nobody would know (L2). */
function requireAll({ session }: VaultWork, answering: readonly PeerName[]): void {
  const silent = session.table?.members.filter(({ peer }) => !answering.includes(peer)) ?? [];
  if (silent.length === 0) return;
  const names = silent.map(({ peer }) => session.nameOf(peer)).join(', ');
  throw new VaultError('unavailable', `the device was not retired, since holders do not answer: ${names}`, {
    hint: 'They may have backups of it that no other holder has. Start them, or give them up with "vault repair --lost".',
  });
}

function findDevice({ state }: VaultWork, name: string): DeviceLog {
  const logs = state.logs.devices();
  const named = logs.filter((log) => log.name === name && log.ends === undefined);
  const found = named.length > 0 ? named : logs.filter(({ device }) => idText(device).startsWith(name));
  const [only] = found;
  if (only && found.length === 1) return only;
  const hint = '"vault device list" shows them; give more of the id.';
  if (found.length > 1)
    throw new VaultError('ambiguous', `${found.length} devices are called ${name}`, { hint });
  throw new VaultError('not-found', `no device is called ${name}`, { hint });
}
