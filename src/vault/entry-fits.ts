/** Is this what a reader of a log asked for? Checked before an entry from anywhere is handed on, so that misplaced ones are no forks. */
import { verify } from '../crypto/ed25519.ts';
import { decodeLogEntry } from '../format/log-entry.ts';
import { bytesEqual } from '../model/bytes.ts';
import { isVaultError } from '../model/errors.ts';
import type { DeviceId, Digest, VaultId } from '../model/ids.ts';

export interface ExpectedEntry {
  readonly vault: VaultId;
  readonly device: DeviceId;
  readonly sequence: number;
  /** Hash of the entry before, when it is known. */
  readonly previous: Digest | undefined;
}

/** Vault, device, number, chain and signatures. */
export function entryFits(bytes: Uint8Array, { vault, device, sequence, previous }: ExpectedEntry): boolean {
  try {
    const entry = decodeLogEntry(bytes, verify);
    const ours = bytesEqual(entry.vault, vault) && bytesEqual(entry.device, device);
    const chained = !previous || (entry.previous !== undefined && bytesEqual(entry.previous, previous));
    return ours && chained && entry.sequence === sequence;
  } catch (error) {
    if (isVaultError(error, 'forgery', 'corrupt', 'unsupported-version')) return false;
    throw error;
  }
}
