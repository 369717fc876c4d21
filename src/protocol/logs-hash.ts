/** One hash for all logs of a vault, equal on two holders exactly when their logs end alike (L3). */
import { createHash } from 'node:crypto';
import { compareBytes } from '../model/bytes.ts';
import type { DeviceId, Digest } from '../model/ids.ts';

/** sha2-256 over device (32) | number of entries u64be | hash of the last (32) for every log, in order of the devices' keys. */
export function logsHash(
  heads: readonly { readonly device: DeviceId; readonly next: number; readonly hash: Digest }[],
): Uint8Array {
  const all = createHash('sha256');
  for (const { device, next, hash } of heads.toSorted((a, b) => compareBytes(a.device, b.device))) {
    const count = new Uint8Array(8);
    new DataView(count.buffer).setBigUint64(0, BigInt(next));
    all.update(device).update(count).update(hash);
  }
  return new Uint8Array(all.digest());
}
