/** A LogExchange over holders in memory, each of which can be away, forget, refuse, or tell another story. */
import { verify } from '../../src/crypto/ed25519.ts';
import { decodeLogEntry, entryHash } from '../../src/format/log-entry.ts';
import { bytesEqual } from '../../src/model/bytes.ts';
import { VaultError } from '../../src/model/errors.ts';
import { type DeviceId, keyOf, type PeerName } from '../../src/model/ids.ts';
import type { AppendResult, HolderHeads, LogExchange } from '../../src/vault/log-exchange.ts';

export class MemoryHolder {
  readonly peer: PeerName;
  readonly logs: Map<string, { device: DeviceId; entries: Uint8Array[] }> = new Map();
  away = false;
  refuses = false;
  table: Uint8Array | undefined;

  constructor(peer: PeerName) {
    this.peer = peer;
  }

  append(bytes: Uint8Array): void {
    if (this.refuses) throw new VaultError('no-space', `${this.peer} is full`);
    const entry = decodeLogEntry(bytes, verify);
    const log = this.logs.get(keyOf(entry.device)) ?? { device: entry.device, entries: [] };
    const known = log.entries[entry.sequence];
    if (known && bytesEqual(known, bytes)) return;
    const last = log.entries.at(-1);
    const fits = last ? entry.previous && bytesEqual(entryHash(last), entry.previous) : !entry.previous;
    if (known || entry.sequence !== log.entries.length || !fits)
      throw new VaultError('rollback', 'does not extend the log');
    log.entries.push(bytes);
    this.logs.set(keyOf(entry.device), log);
  }
}

export class MemoryExchange implements LogExchange {
  readonly holders: readonly MemoryHolder[];

  constructor(...peers: readonly (PeerName | MemoryHolder)[]) {
    this.holders = peers.map((peer) => (typeof peer === 'string' ? new MemoryHolder(peer) : peer));
  }

  async heads(): Promise<readonly HolderHeads[]> {
    return this.#here().map((holder) => ({
      peer: holder.peer,
      heads: [...holder.logs.values()].map(({ device, entries }) => ({
        device,
        next: entries.length,
        hash: entryHash(entries.at(-1) ?? new Uint8Array()),
      })),
    }));
  }

  async *read(device: DeviceId, from: number, to: number): AsyncGenerator<Uint8Array> {
    for (let sequence = from; sequence < to; sequence++) {
      const found = this.#here().map((holder) => holder.logs.get(keyOf(device))?.entries[sequence]);
      const bytes = found.find((entry) => entry !== undefined);
      if (!bytes) return;
      yield bytes;
    }
  }

  async append(entries: readonly Uint8Array[]): Promise<AppendResult> {
    const accepted: PeerName[] = [];
    const failed: { peer: PeerName; error: Error }[] = [];
    for (const holder of this.#here()) {
      try {
        for (const bytes of entries) holder.append(bytes);
        accepted.push(holder.peer);
      } catch (error) {
        failed.push({ peer: holder.peer, error: error as Error });
      }
    }
    return { accepted, failed };
  }

  async readTable(): Promise<Uint8Array | undefined> {
    return this.#here()[0]?.table;
  }

  async writeTable(table: Uint8Array): Promise<readonly PeerName[]> {
    for (const holder of this.#here()) holder.table = table;
    return this.#here().map((holder) => holder.peer);
  }

  #here(): MemoryHolder[] {
    return this.holders.filter((holder) => !holder.away);
  }
}
