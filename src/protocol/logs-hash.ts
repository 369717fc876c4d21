/** One hash for all logs of a vault, equal on two holders exactly when what stands in their logs ends alike (L3). */
import { createHash } from 'node:crypto';
import { compareBytes } from '../model/bytes.ts';
import { type DeviceId, DIGEST_BYTES, type Digest } from '../model/ids.ts';
import type { VaultHolding } from '../store/holdings.ts';

interface Head {
  readonly device: DeviceId;
  readonly next: number;
  readonly hash: Digest;
}

const ENDED = new Uint8Array(DIGEST_BYTES);

/**
 * sha2-256 over device (32) | number of entries u64be | hash of the last (32) for every log that has entries, in order of the
 * devices' keys. A log that is there up to its retirement (`endOf`) counts up to that, with 32 zeros as the hash: what
 * some holder took of it beyond, before it knew, makes no difference that could ever be settled.
 */
export function logsHash(
  heads: readonly Head[],
  endOf: (device: DeviceId) => number | undefined = () => undefined,
): Uint8Array {
  const all = createHash('sha256');
  const standing = heads.map((head) => standingHead(head, endOf(head.device)));
  for (const { device, next, hash } of standing.toSorted((a, b) => compareBytes(a.device, b.device))) {
    if (next === 0) continue;
    const count = new Uint8Array(8);
    new DataView(count.buffer).setBigUint64(0, BigInt(next));
    all.update(device).update(count).update(hash);
  }
  return new Uint8Array(all.digest());
}

/** Of the logs that a holder keeps of one vault. */
export function vaultLogsHash({ logs, books }: Pick<VaultHolding, 'logs' | 'books'>): Uint8Array {
  return logsHash(logs.heads(), (device) => books.retired(device)?.next);
}

function standingHead(head: Head, end: number | undefined): Head {
  if (end === undefined || head.next < end) return head;
  return { device: head.device, next: end, hash: ENDED };
}
