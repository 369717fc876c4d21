/** The machines that write to a vault: who they are, what they keep, and how one that is gone is retired (L1). */
import { retireDevice } from '../backup/retire-device.ts';
import { beginUpkeep } from '../backup/upkeep.ts';
import { verify } from '../crypto/ed25519.ts';
import { canOpen, chunkKeyFor } from '../crypto/vault-keys.ts';
import { decodeCertificate } from '../format/certificate.ts';
import { bytesEqual } from '../model/bytes.ts';
import { VaultError } from '../model/errors.ts';
import { idText, type PeerName } from '../model/ids.ts';
import { commitRetirement } from '../vault/commit-log.ts';
import type { DeviceLog } from '../vault/log-books.ts';
import { decodeEntry } from '../vault/opened-entry.ts';
import { syncLog } from '../vault/sync-log.ts';
import type { VaultHome } from '../vault/vault-home.ts';
import type { VaultState } from '../vault/vault-state.ts';
import { type InvitedRecord, readInvited } from './invited-devices.ts';
import type { DeviceInfo, RetireOptions, RetireReport } from './upkeep-types.ts';
import { syncForUpkeep } from './upkeep-work.ts';
import type { VaultWork } from './vault-work.ts';

const LIST_HINT = '"vault device list" shows them; give more of the id.';

type Books = Pick<VaultWork, 'home' | 'state'>;

/** `invited`: those that this machine has invited, whether they came or not. */
export function vaultDevices(books: Books, invited: readonly InvitedRecord[]): readonly DeviceInfo[] {
  const infos = books.state.logs.devices().map((log) => infoOfLog(books, log));
  const seen = new Set(infos.map(({ id }) => id));
  const self = books.home.device;
  const none = { entries: 0, snapshots: 0, chunks: 0, bytes: 0, retired: false };
  if (!seen.has(idText(self.id))) {
    const { created } = decodeCertificate(self.certificate, verify);
    const { name, role } = self;
    const own = { id: idText(self.id), name, role, self: true, invited: false, createdMs: created, ...none };
    infos.push(own);
  }
  for (const { device, name, role, createdMs } of invited) {
    if (seen.has(idText(device))) continue;
    const retired = books.state.logs.retiredUnseen(device);
    infos.push({ ...none, id: idText(device), name, role, self: false, invited: true, createdMs, retired });
  }
  return infos.toSorted((a, b) => a.createdMs - b.createdMs || (a.id < b.id ? -1 : 1));
}

function infoOfLog(books: Books, log: DeviceLog): DeviceInfo {
  const { home, state } = books;
  const times = state.snapshots().filter(({ device }) => device === log.no);
  const { chunks, bytes } = state.chunks.addedBy(log.no);
  const retired = log.ends !== undefined;
  const { role, scope } = state.logs.rightsOf(log.device);
  const newest =
    times.length === 0 ? {} : { lastSnapshotMs: Math.max(...times.map(({ snapshot }) => snapshot.time)) };
  return {
    id: idText(log.device),
    name: log.name,
    role,
    self: bytesEqual(log.device, home.device.id),
    createdMs: createdMs(books, log),
    entries: Math.min(log.next, log.ends ?? log.next),
    ...(role === 'keeper' || canRead(home, scope) ? { snapshots: times.length, ...newest } : {}),
    chunks: retired ? 0 : chunks,
    bytes: retired ? 0 : bytes,
    retired,
    invited: false,
  };
}

/** Are the announcements of a device with this scope sealed for this one to read? */
function canRead({ logKeys }: VaultHome, scope: Uint8Array | undefined): boolean {
  return canOpen(logKeys) && chunkKeyFor(logKeys, scope) !== undefined;
}

/** From the certificate in the first entry of its log. */
function createdMs({ home, state }: Books, { device }: DeviceLog): number {
  const [first] = state.logs.entries(device, 0, 1);
  const certificate = first && decodeEntry(first, home.logKeys, device).certificate;
  return certificate ? decodeCertificate(certificate, verify).created : 0;
}

/**
 * Throws 'denied', 'not-found', 'ambiguous', 'usage' (this device, or one that is retired), what reading a directory throws, 'too-few-peers',
 * 'unavailable' (a holder does not answer).
 */
export async function retireVaultDevice(work: VaultWork, options: RetireOptions): Promise<RetireReport> {
  const upkeep = await syncForUpkeep(work);
  const invited = await readInvited(work.surroundings.disk, work.home.folder);
  const unseen = upkeep && unseenDevice(work, options.device, invited);
  if (unseen) {
    requireAll(work, (await syncLog(upkeep)).holders);
    await beginUpkeep(upkeep);
    await commitRetirement(upkeep, { device: unseen.device, next: 0 });
    return { device: unseen.name, snapshotsTakenOver: 0, chunksAdded: 0 };
  }
  const target = findDevice(work.state, options.device);
  if (!upkeep) throw new VaultError('usage', 'this vault has no log yet');
  const { snapshots, chunksAdded } = await retireDevice({
    ...upkeep,
    target: target.device,
    sync: async () => requireAll(work, (await syncLog(upkeep)).holders),
  });
  return { device: target.name, snapshotsTakenOver: snapshots, chunksAdded };
}

/** One that was invited and never came: its log ends before it begins, so its invitation is worth nothing. */
function unseenDevice(
  { state }: VaultWork,
  name: string,
  invited: readonly InvitedRecord[],
): InvitedRecord | undefined {
  const logs = state.logs.devices();
  if (logs.some((log) => log.name === name && log.ends === undefined)) return undefined;
  const unseen = invited.filter(
    ({ device }) => state.logs.device(device) === undefined && !state.logs.retiredUnseen(device),
  );
  const found = unseen.filter(
    (one) => one.name === name || (name !== '' && idText(one.device).startsWith(name)),
  );
  if (found.length === 0 || logs.some(({ device }) => name !== '' && idText(device).startsWith(name)))
    return undefined;
  if (found.length === 1) return found[0];
  throw severalDevices(found.length, name);
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

/** By name, id, or beginning of an id. Throws 'not-found', 'ambiguous'. */
export function findDevice(state: VaultState, name: string): DeviceLog {
  const logs = state.logs.devices();
  const named = logs.filter((log) => log.name === name && log.ends === undefined);
  const found = named.length > 0 ? named : logs.filter(({ device }) => idText(device).startsWith(name));
  const [only] = found;
  if (only && found.length === 1) return only;
  if (found.length > 1) throw severalDevices(found.length, name);
  throw new VaultError('not-found', `no device is called ${name}`, { hint: LIST_HINT });
}

function severalDevices(count: number, name: string): VaultError {
  return new VaultError('ambiguous', `${count} devices are called ${name}`, { hint: LIST_HINT });
}
