/** From an entry's bytes to what it says: every signature, number and hash checked, the announcement opened with the vault's keys (L1). */
import { openChunk } from '../crypto/chunk-cipher.ts';
import { verify } from '../crypto/ed25519.ts';
import { canOpen, type LogKeys } from '../crypto/vault-keys.ts';
import { type Announcement, decodeAnnouncement } from '../format/announcement.ts';
import { decodeCertificate, roleOf } from '../format/certificate.ts';
import { ChunkKind } from '../format/kinds.ts';
import { decodeLogEntry, dropsSomething, entryHash, type LogEntry } from '../format/log-entry.ts';
import { trusted } from '../format/readable.ts';
import { bytesEqual } from '../model/bytes.ts';
import type { DeviceRole } from '../model/device-role.ts';
import { isVaultError, VaultError } from '../model/errors.ts';
import { type DeviceId, type Digest, idText } from '../model/ids.ts';
import { excessOf } from '../policy/device-rights.ts';
import type { OpenedEntry } from './log-books.ts';

/** Where in a log an entry has to stand. */
export interface Place {
  readonly device: DeviceId;
  readonly sequence: number;
  /** Hash of the entry before; `undefined` for the first. */
  readonly previous: Digest | undefined;
}

/** An entry that is well-signed by its device; throws 'corrupt' (shape, other vault or device) or 'forgery' (signature). */
export function decodeEntry(bytes: Uint8Array, keys: LogKeys, device: DeviceId): LogEntry {
  const entry = decodeLogEntry(bytes, verify);
  if (!bytesEqual(entry.vault, keys.vault) || !bytesEqual(entry.device, device)) {
    throw new VaultError('corrupt', `a holder gave an entry of another log for device ${idText(device)}`);
  }
  return entry;
}

/** True when `entry` stands where it should; a well-signed entry that does not is proof of a fork. */
export function standsAt(entry: LogEntry, place: Place): boolean {
  if (entry.sequence !== place.sequence) return false;
  if (!entry.previous || !place.previous) return entry.previous === place.previous;
  return bytesEqual(entry.previous, place.previous);
}

/** Throws 'forgery' for an entry that does what its device may not do, whoever keeps it (L4). */
export function checkRights(entry: LogEntry, role: DeviceRole): void {
  const deeds = {
    adds: entry.adds.length > 0,
    announces: entry.announcement !== undefined,
    takesAway: dropsSomething(entry),
  };
  const excess = excessOf(role, entry.sequence, deeds);
  if (excess === undefined) return;
  throw new VaultError(
    'forgery',
    `entry ${entry.sequence} of device ${idText(entry.device)} exceeds its rights: ${excess}`,
  );
}

/** What the certificate in its first entry lets the device do. */
export function certifiedRole(entry: LogEntry): DeviceRole {
  return entry.certificate ? roleOf(decodeCertificate(entry.certificate, trusted)) : 'full';
}

/** The device's name from the certificate in its first entry. Throws 'forgery', 'corrupt'. */
export function certifiedName(entry: LogEntry, keys: LogKeys): string {
  const certificate = entry.certificate && decodeCertificate(entry.certificate, verify);
  const fits =
    certificate && bytesEqual(certificate.vault, keys.vault) && bytesEqual(certificate.device, entry.device);
  if (fits) return certificate.name;
  throw new VaultError('forgery', `the log of device ${idText(entry.device)} is not certified by this vault`);
}

/** Opens what the entry announces; one that cannot be opened is reported and leaves the rest of the log usable (C7). */
export function openEntry(
  entry: LogEntry,
  bytes: Uint8Array,
  keys: LogKeys,
  onProblem: (problem: VaultError) => void,
): OpenedEntry {
  return { entry, bytes, hash: entryHash(bytes), announcement: announcementOf(entry, keys, onProblem) };
}

function announcementOf(
  entry: LogEntry,
  keys: LogKeys,
  onProblem: (problem: VaultError) => void,
): Announcement | undefined {
  if (!entry.announcement || !canOpen(keys)) return undefined;
  try {
    const said = decodeAnnouncement(openChunk(keys, ChunkKind.announcement, entry.announcement));
    if (!said.snapshot || bytesEqual(said.snapshot.device, entry.device)) return said;
    onProblem(
      new VaultError('corrupt', `device ${idText(entry.device)} announces a snapshot of another device`),
    );
    return { index: said.index, forgets: said.forgets };
  } catch (error) {
    // What another device sealed for itself and the owner is nothing that is wrong.
    if (isVaultError(error, 'denied')) return undefined;
    if (!isVaultError(error)) throw error;
    onProblem(error);
    return undefined;
  }
}
