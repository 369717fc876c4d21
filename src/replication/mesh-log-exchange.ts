/** The logs of a vault on all its holders at once (L1, L3): one holder that hides, forges or stalls changes nothing for the others. */
import { verify } from '../crypto/ed25519.ts';
import { compareTables, decodeHolderTable, type HolderTable } from '../format/holder-table.ts';
import { decodeLogEntry, entryHash } from '../format/log-entry.ts';
import { bytesEqual } from '../model/bytes.ts';
import { isVaultError, VaultError } from '../model/errors.ts';
import { type DeviceId, type Digest, keyOf, type PeerName, type VaultId } from '../model/ids.ts';
import type { RemotePeer } from '../protocol/remote-peer.ts';
import type { Clock } from '../runtime/clock.ts';
import type { WaitOptions } from '../store/chunk-store.ts';
import { entryFits } from '../vault/entry-fits.ts';
import type { AppendResult, HolderHeads, LogExchange, LogHead } from '../vault/log-exchange.ts';
import { type Asked, Assembly, type Outlook } from './ask-all.ts';

/** What the exchange needs of a holder; a `RemotePeer` has it. */
export type LogHolder = Pick<
  RemotePeer,
  'peer' | 'logHeads' | 'logRead' | 'logAppend' | 'tableRead' | 'tableWrite' | 'members'
>;

export interface MeshLogExchangeOptions {
  readonly vault: VaultId;
  /** Everyone who keeps, or shall keep, the vault's logs, as known at the moment: members of the table, recruits, and whom the DHT names. */
  readonly holders: () => readonly LogHolder[];
  readonly clock: Clock;
  /** How long slower holders may keep the quicker ones waiting. */
  readonly patienceMs?: number;
  /** Holders that were silent before and are not even connected, or rest, are hardly waited for. */
  readonly outlook?: Outlook;
}

const PATIENCE_MS = 5_000;
/** A commit waits longer: each holder of the log counts. */
const APPEND_PATIENCE_MS = 20_000;

export class MeshLogExchange implements LogExchange {
  readonly #options: MeshLogExchangeOptions;
  readonly #assembly: Assembly;
  /** What each holder showed last, to ask first who has most. */
  readonly #heads = new Map<PeerName, readonly LogHead[]>();

  constructor(options: MeshLogExchangeOptions) {
    this.#options = options;
    this.#assembly = new Assembly(options.clock, options.outlook);
  }

  async heads(options: WaitOptions = {}): Promise<readonly HolderHeads[]> {
    const { answers } = await this.#ask((holder, signal) => holder.logHeads({ signal }), options);
    for (const { peer, value } of answers) this.#heads.set(peer, value);
    return answers.map(({ peer, value }) => ({ peer, heads: value }));
  }

  /** Each entry is checked (vault, device, number, chain, signatures) before it is handed out; who fails that is left for another. */
  async *read(
    device: DeviceId,
    from: number,
    to: number,
    options: WaitOptions = {},
  ): AsyncIterable<Uint8Array> {
    let next = from;
    let last: Digest | undefined;
    for (const holder of this.#mostFirst(device)) {
      while (next < to) {
        const page = await this.#page(holder, device, next, options);
        let taken = 0;
        for (const entry of page) {
          if (next >= to || !this.#fits(entry, device, next, last)) break;
          yield entry;
          last = entryHash(entry);
          next += 1;
          taken += 1;
        }
        if (taken === 0) break;
      }
      if (next >= to) return;
    }
  }

  async append(entries: readonly Uint8Array[], options: WaitOptions = {}): Promise<AppendResult> {
    const [first] = entries;
    if (!first) return { accepted: [], failed: [] };
    const { device, sequence } = decodeLogEntry(first, verify);
    const asked = await this.#assembly.ask(
      this.#options.holders(),
      async (holder, signal) => {
        const heads = await holder.logHeads({ signal });
        this.#heads.set(holder.peer, heads);
        await this.#copy(holder, device, nextOf(heads, device), sequence, signal);
        for (const entry of entries) await holder.logAppend(entry, { signal });
      },
      { patienceMs: APPEND_PATIENCE_MS, everyone: true, signal: options.signal },
    );
    const accepted = asked.answers.map(({ peer }) => peer);
    await this.#passOn(accepted, device, options);
    return { accepted, failed: asked.failures };
  }

  async readTable(options: WaitOptions = {}): Promise<Uint8Array | undefined> {
    const { answers } = await this.#ask((holder, signal) => holder.tableRead({ signal }), options);
    let newest: { table: HolderTable; bytes: Uint8Array } | undefined;
    for (const { value: bytes } of answers) {
      const table = bytes && this.#tableOf(bytes);
      if (table && (!newest || compareTables({ table, bytes }, newest) > 0)) newest = { table, bytes };
    }
    return newest?.bytes;
  }

  /** Encoded recruitments, as the holders that answer tell them; not verified here. */
  async readRecruits(options: WaitOptions = {}): Promise<readonly Uint8Array[]> {
    const { answers } = await this.#ask((holder, signal) => holder.members({ signal }), options);
    return answers.flatMap(({ value }) => value.recruits);
  }

  async writeTable(table: Uint8Array, options: WaitOptions = {}): Promise<readonly PeerName[]> {
    const { answers } = await this.#ask((holder, signal) => holder.tableWrite(table, { signal }), options);
    return answers.filter(({ value }) => value).map(({ peer }) => peer);
  }

  async #ask<T>(
    question: (holder: LogHolder, signal: AbortSignal) => Promise<T>,
    { signal }: WaitOptions,
  ): Promise<Asked<T>> {
    const { holders, patienceMs = PATIENCE_MS } = this.#options;
    const asked = await this.#assembly.ask(holders(), question, { patienceMs, signal });
    if (asked.answers.length > 0) return asked;
    const [failure] = asked.failures;
    if (!failure) {
      throw new VaultError('too-few-peers', 'no peer is known that keeps this vault', {
        hint: 'Run "vault peers" to see who can be reached.',
      });
    }
    throw new VaultError(
      'unavailable',
      `none of the ${asked.failures.length} peers that keep this vault's log answers`,
      { cause: failure.error, hint: 'Run "vault peers" to see who can be reached, then repeat.' },
    );
  }

  /** A holder's next entries; none when it has no more, does not answer, or refuses: then another is asked. */
  async #page(
    holder: LogHolder,
    device: DeviceId,
    from: number,
    { signal }: WaitOptions,
  ): Promise<readonly Uint8Array[]> {
    try {
      return await holder.logRead(device, from, signal ? { signal } : {});
    } catch (error) {
      signal?.throwIfAborted();
      if (!isVaultError(error)) throw error;
      if (isVaultError(error, 'timeout')) this.#assembly.noteSlow(holder.peer);
      return [];
    }
  }

  #fits(bytes: Uint8Array, device: DeviceId, sequence: number, previous: Digest | undefined): boolean {
    return entryFits(bytes, { vault: this.#options.vault, device, sequence, previous });
  }

  #tableOf(bytes: Uint8Array): HolderTable | undefined {
    try {
      const table = decodeHolderTable(bytes, verify);
      return bytesEqual(table.vault, this.#options.vault) ? table : undefined;
    } catch (error) {
      if (isVaultError(error, 'forgery', 'corrupt', 'unsupported-version')) return undefined;
      throw error;
    }
  }

  /** Holders by how much of the log they showed; those that kept us waiting last. */
  #mostFirst(device: DeviceId): readonly LogHolder[] {
    const rank = (holder: LogHolder): number =>
      this.#assembly.isSlow(holder.peer) ? -1 : nextOf(this.#heads.get(holder.peer) ?? [], device);
    return this.#options.holders().toSorted((a, b) => rank(b) - rank(a));
  }

  /** Brings one holder's copy of one log from `from` up to `to` with what other holders have. */
  async #copy(
    holder: LogHolder,
    device: DeviceId,
    from: number,
    to: number,
    signal: AbortSignal,
  ): Promise<void> {
    if (from >= to) return;
    for await (const entry of this.read(device, from, to, { signal }))
      await holder.logAppend(entry, { signal });
  }

  /**
   * Gives the holders what they lack of other devices' logs (L3). Who cannot take it now is given it at the next append: that is
   * no fault of the entries just committed, so failures are not reported.
   */
  async #passOn(peers: readonly PeerName[], own: DeviceId, { signal }: WaitOptions): Promise<void> {
    const longest = new Map<string, LogHead>();
    for (const peer of peers) {
      for (const head of this.#heads.get(peer) ?? []) {
        const known = longest.get(keyOf(head.device));
        if (!bytesEqual(head.device, own) && (known?.next ?? 0) < head.next)
          longest.set(keyOf(head.device), head);
      }
    }
    const lacks = (holder: LogHolder, { device, next }: LogHead): boolean =>
      nextOf(this.#heads.get(holder.peer) ?? [], device) < next;
    const behind = this.#options
      .holders()
      .filter(({ peer }) => peers.includes(peer))
      .filter((holder) => [...longest.values()].some((head) => lacks(holder, head)));
    await this.#assembly.ask(
      behind,
      async (holder, stop) => {
        for (const { device, next } of longest.values()) {
          await this.#copy(holder, device, nextOf(this.#heads.get(holder.peer) ?? [], device), next, stop);
        }
      },
      { patienceMs: PATIENCE_MS, signal },
    );
  }
}

function nextOf(heads: readonly LogHead[], device: DeviceId): number {
  return heads.find((head) => bytesEqual(head.device, device))?.next ?? 0;
}
