/** Lets few proofs be made at a time, so that questions cannot use up the memory or the disk of a holder (T4, R4). */
import { MAX_SEALED_BYTES } from '../model/chunk-limits.ts';
import { VaultError } from '../model/errors.ts';
import type { PeerName } from '../model/ids.ts';
import { ByteGate } from '../runtime/limiter.ts';

/** Each reads its chunks one after the other. */
const AT_ONCE = 3;
/** Questions of one peer that are waiting or in work; an honest one asks one after the other. */
const PER_PEER = 4;

export class ProofDesk {
  readonly #gate = new ByteGate(AT_ONCE * MAX_SEALED_BYTES);
  readonly #perPeer = new Map<PeerName, number>();

  /** Throws 'unavailable' when `peer` asks too much at once, and the signal's reason when it is gone before its turn. */
  async run<T>(peer: PeerName, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const asked = this.#perPeer.get(peer) ?? 0;
    if (asked >= PER_PEER) throw new VaultError('unavailable', `no more than ${PER_PEER} proofs at a time`);
    this.#perPeer.set(peer, asked + 1);
    try {
      const release = await this.#gate.acquire(MAX_SEALED_BYTES, signal);
      try {
        return await work();
      } finally {
        release();
      }
    } finally {
      this.#forget(peer);
    }
  }

  #forget(peer: PeerName): void {
    const left = (this.#perPeer.get(peer) ?? 1) - 1;
    if (left > 0) this.#perPeer.set(peer, left);
    else this.#perPeer.delete(peer);
  }
}
