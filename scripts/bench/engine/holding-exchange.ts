/** The logs of one vault on one disk of this process: what a mesh's log exchange is when there is no network. */
import type { DeviceId, PeerName } from '../../../src/model/ids.ts';
import { MiB } from '../../../src/model/units.ts';
import type { VaultHolding } from '../../../src/store/vault-holding.ts';
import type { AppendResult, HolderHeads, LogExchange } from '../../../src/vault/log-exchange.ts';

export class HoldingExchange implements LogExchange {
  readonly #holding: VaultHolding;
  readonly #peer: PeerName;

  constructor(holding: VaultHolding, peer: PeerName) {
    this.#holding = holding;
    this.#peer = peer;
  }

  async heads(): Promise<readonly HolderHeads[]> {
    return [{ peer: this.#peer, heads: this.#holding.logs.heads() }];
  }

  async *read(device: DeviceId, from: number, to: number): AsyncIterable<Uint8Array> {
    for (let next = from; next < to; ) {
      const entries = await this.#holding.logs.read(device, next, MiB);
      if (entries.length === 0) return;
      yield* entries.slice(0, to - next);
      next += entries.length;
    }
  }

  async append(entries: readonly Uint8Array[]): Promise<AppendResult> {
    for (const entry of entries) await this.#holding.append(entry);
    return { accepted: [this.#peer], failed: [] };
  }

  /** There is one holder, and nothing to place. */
  async readTable(): Promise<undefined> {
    return undefined;
  }

  async writeTable(): Promise<readonly PeerName[]> {
    return [this.#peer];
  }
}
