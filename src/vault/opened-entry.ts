/** From an entry's bytes to what it says: every signature, number and hash checked, the announcement opened with the vault's keys (L1). */
import { openChunk } from '../crypto/chunk-cipher.ts';
import { verify } from '../crypto/ed25519.ts';
import type { VaultKeys } from '../crypto/vault-keys.ts';
import { type Announcement, decodeAnnouncement } from '../format/announcement.ts';
import { decodeCertificate } from '../format/certificate.ts';
import { ChunkKind } from '../format/kinds.ts';
import { decodeLogEntry, entryHash, type LogEntry } from '../format/log-entry.ts';
import { bytesEqual } from '../model/bytes.ts';
import { isVaultError, VaultError } from '../model/errors.ts';
import { type DeviceId, type Digest, idText } from '../model/ids.ts';
import type { OpenedEntry } from './log-books.ts';

/** Where in a log an entry has to stand. */
export interface Place {
  readonly device: DeviceId;
  readonly sequence: number;
  /** Hash of the entry before; `undefined` for the first. */
  readonly previous: Digest | undefined;
}

/** An entry that is well-signed by its device; throws 'corrupt' (shape, other vault or device) or 'forgery' (signature). */
export function decodeEntry(bytes: Uint8Array, keys: VaultKeys, device: DeviceId): LogEntry {
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

/** The device's name from the certificate in its first entry. Throws 'forgery', 'corrupt'. */
export function certifiedName(entry: LogEntry, keys: VaultKeys): string {
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
  keys: VaultKeys,
  onProblem: (problem: VaultError) => void,
): OpenedEntry {
  return { entry, bytes, hash: entryHash(bytes), announcement: announcementOf(entry, keys, onProblem) };
}

function announcementOf(
  entry: LogEntry,
  keys: VaultKeys,
  onProblem: (problem: VaultError) => void,
): Announcement | undefined {
  if (!entry.announcement) return undefined;
  try {
    return decodeAnnouncement(openChunk(keys, ChunkKind.announcement, entry.announcement));
  } catch (error) {
    if (!isVaultError(error)) throw error;
    onProblem(error);
    return undefined;
  }
}
