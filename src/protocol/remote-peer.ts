/** A ChunkStore and log that live on one other peer; nothing it says is believed without its digest or signature (C5, L5, M4). */

import { type PermitFacts, passedReceiptMessage, receiptMessage } from '../crypto/device-proof.ts';
import { digestOf } from '../crypto/digest.ts';
import { verifyPeer } from '../crypto/peer-key.ts';
import { type Advert, decodeAdvert } from '../format/advert.ts';
import { decodeMemberList, encodeMemberList, type MemberList } from '../format/member-list.ts';
import { bytesEqual, concatBytes } from '../model/bytes.ts';
import { MAX_SEALED_BYTES } from '../model/chunk-limits.ts';
import { VaultError } from '../model/errors.ts';
import { cidText, type DeviceId, type Digest, type PeerName, type VaultId } from '../model/ids.ts';
import type { Network } from '../network/network.ts';
import type { Clock } from '../runtime/clock.ts';
import type { ChunkStore, PutResult, SealedChunk, WaitOptions } from '../store/chunk-store.ts';
import type { LookupOptions } from '../store/held-chunks.ts';
import { unpackProofs } from './digest-list.ts';
import * as duty from './duty-methods.ts';
import { unpackEntries } from './entry-list.ts';
import {
  type CompareAnswer,
  type CompareAsk,
  DIGEST_TABLE_BYTES,
  type ProveAnswer,
  type ProveAsk,
} from './holder-duties.ts';
import * as methods from './methods.ts';
import * as relay from './relay-methods.ts';
import { RemoteLink } from './remote-link.ts';

/** What a device of the vault shows a holder before it may write there. */
export interface DeviceHello {
  /** Encoded DeviceCertificate. */
  readonly certificate: Uint8Array;
  /** The device key's signature over `helloMessage` (crypto/device-proof.ts) for these two peers. */
  readonly prove: (holder: PeerName, client: PeerName) => Uint8Array;
  /** Its signature that lets a chunk come to the later holders of a route from the earlier ones (T2). */
  readonly permit: (facts: PermitFacts) => Uint8Array;
  /** PERMIT_NONCE_BYTES that nobody can foretell. */
  readonly nonce: () => Uint8Array;
}

/** What came of a chunk that was sent to one holder for several. */
export interface SpreadResult extends PutResult {
  /** How long the first holder took to pass it on, by its own word. */
  readonly waitMs: number;
}

export interface RemotePeerOptions {
  readonly network: Network;
  readonly peer: PeerName;
  readonly vault: VaultId;
  /** Without it: reading only. */
  readonly hello?: DeviceHello | undefined;
  readonly clock: Clock;
  /** How long no byte may move while something is outstanding. Default 15 s. */
  readonly stallMs?: number;
}

export interface LogHead {
  readonly device: DeviceId;
  /** Number of the entry that would come next: how many there are. */
  readonly next: number;
  /** Hash of the newest entry. */
  readonly hash: Digest;
}

export interface VaultUsage {
  readonly chunks: number;
  readonly bytes: number;
}

const STALL_MS = 15_000;

/**
 * Connects when first used, and again after a break. Every method throws VaultError: 'unavailable', 'timeout', 'closed', 'denied',
 * 'bad-frame', or what the peer answered, and the signal's reason when aborted.
 */
export class RemotePeer implements ChunkStore {
  readonly peer: PeerName;
  readonly vault: VaultId;
  readonly #clock: Clock;
  readonly #hello: DeviceHello | undefined;
  readonly #control: RemoteLink;
  readonly #bulk: RemoteLink;

  constructor(options: RemotePeerOptions) {
    const { network, peer, vault, hello, clock, stallMs = STALL_MS } = options;
    this.peer = peer;
    this.vault = vault;
    this.#clock = clock;
    this.#hello = hello;
    const greeting = hello
      ? (): methods.Hello => ({
          vault,
          certificate: hello.certificate,
          proof: hello.prove(peer, network.self),
        })
      : undefined;
    const link = { network, peer, clock, stallMs, greeting };
    this.#control = new RemoteLink({ ...link, protocol: methods.CONTROL_PROTOCOL });
    this.#bulk = new RemoteLink({ ...link, protocol: methods.BULK_PROTOCOL });
  }

  /** Throws 'corrupt' when the peer's receipt does not prove that it keeps the chunk (L5). */
  async put(chunk: SealedChunk, options: WaitOptions = {}): Promise<PutResult> {
    const { digest, bytes } = chunk;
    if (bytes.length === 0 || bytes.length > MAX_SEALED_BYTES) {
      throw new VaultError(
        'corrupt',
        `a chunk has 1 to ${MAX_SEALED_BYTES} bytes, not ${bytes.length}; it was not sent`,
      );
    }
    const { meta, requestLeft } = await this.#bulk.request(
      methods.put,
      { vault: this.vault, digest },
      bytes,
      options.signal,
    );
    const message = receiptMessage(this.vault, digest, bytes.length);
    if (!verifyPeer(this.peer, message, meta.receipt)) {
      throw this.#lie(`gave no valid receipt for chunk ${cidText(digest)}; it does not count as a copy`);
    }
    return { holders: [this.peer], unused: requestLeft };
  }

  /**
   * Sends a chunk once; this peer keeps it and passes it on to `others`, in that order (T2). Who is not among the holders may have it or not: only
   * a verified receipt counts. Throws 'corrupt' when any receipt is false.
   */
  async spread(
    { digest, bytes }: SealedChunk,
    others: readonly PeerName[],
    options: WaitOptions = {},
  ): Promise<SpreadResult> {
    const { vault } = this;
    if (!this.#hello) throw new VaultError('denied', 'this line is for reading only');
    const route = [this.peer, ...others];
    const facts = { vault, digest, sizeBytes: bytes.length, nonce: this.#hello.nonce() };
    const permit = this.#hello.permit({ ...facts, route });
    const request = { vault, digest, route, nonce: facts.nonce, permit };
    const { meta, requestLeft } = await this.#bulk.request(relay.spread, request, bytes, options.signal);
    const message = passedReceiptMessage(facts);
    const holders = new Set<PeerName>();
    for (const kept of meta.kept) {
      if (!('receipt' in kept) || !route.includes(kept.peer)) continue;
      if (!verifyPeer(kept.peer, message, kept.receipt)) {
        throw this.#lie(`brought a false receipt of ${kept.peer} for chunk ${cidText(digest)}`);
      }
      holders.add(kept.peer);
    }
    return { holders: [...holders], waitMs: meta.waitMs, unused: requestLeft };
  }

  /**
   * How long nothing but signs of life has come or gone for chunks, while something is outstanding; 0 when nothing is, `undefined` while
   * no stream is open.
   */
  quietMs(): number | undefined {
    return this.#bulk.quietMs();
  }

  /** The same, signs of life included, but only what came counts. */
  silentMs(): number | undefined {
    return this.#bulk.silentMs();
  }

  /** Throws 'corrupt', which names the peer, when it sent other bytes or found its own copy damaged. */
  async get(digest: Digest, options: WaitOptions = {}): Promise<Uint8Array | undefined> {
    const { meta, payload } = await this.#bulk.request(
      methods.get,
      { vault: this.vault, digest },
      undefined,
      options.signal,
    );
    if (!meta.found) return undefined;
    if (!bytesEqual(digestOf(payload), digest)) {
      throw this.#lie(`sent wrong bytes for chunk ${cidText(digest)}; ask another holder`);
    }
    return payload;
  }

  /** By the peer's books; any number of digests. */
  async has(digests: readonly Digest[], options: LookupOptions = {}): Promise<readonly boolean[]> {
    options.signal?.throwIfAborted();
    const answers: boolean[] = [];
    for (let at = 0; at < digests.length; at += methods.MAX_HAS_DIGESTS) {
      const some = digests.slice(at, at + methods.MAX_HAS_DIGESTS);
      answers.push(...(await this.#hasSome(some, options)));
    }
    return answers;
  }

  /** The peer's own, signed word about itself (M4). Throws 'corrupt' or 'forgery' when it is not. */
  async info(options: WaitOptions = {}): Promise<Advert> {
    const { payload } = await this.#control.request(methods.info, {}, undefined, options.signal);
    const advert = decodeAdvert(payload, verifyPeer);
    if (advert.peer !== this.peer) throw this.#lie(`showed the advert of another peer, ${advert.peer}`);
    return advert;
  }

  /** One round trip on an open stream, in milliseconds, with fractions. */
  async pingMs(options: WaitOptions = {}): Promise<number> {
    await this.#control.ready(options.signal);
    const startMs = this.#clock.monotonicMs();
    await this.#control.request(methods.ping, {}, undefined, options.signal);
    return this.#clock.monotonicMs() - startMs;
  }

  /** Of every device whose log the peer keeps; unverified, as the entries themselves prove it. */
  async logHeads(options: WaitOptions = {}): Promise<readonly LogHead[]> {
    const { meta } = await this.#control.request(
      methods.logHeads,
      { vault: this.vault },
      undefined,
      options.signal,
    );
    return meta.heads;
  }

  /** Encoded entries `from`, `from + 1` ...: as many as fit one answer, none when there are no more. Not verified here. */
  async logRead(device: DeviceId, from: number, options: WaitOptions = {}): Promise<readonly Uint8Array[]> {
    const range = { vault: this.vault, device, from };
    const { payload } = await this.#control.request(methods.logRead, range, undefined, options.signal);
    return unpackEntries(payload);
  }

  /** Resolves when the entry is durable there. Throws 'forgery', 'corrupt', 'rollback' when it extends no log, 'no-space'. */
  async logAppend(entry: Uint8Array, options: WaitOptions = {}): Promise<'added' | 'known'> {
    const { meta } = await this.#control.request(
      methods.logAppend,
      { vault: this.vault },
      entry,
      options.signal,
    );
    return meta.added ? 'added' : 'known';
  }

  /** The encoded holder table, not verified here; `undefined` when the peer has none. */
  async tableRead(options: WaitOptions = {}): Promise<Uint8Array | undefined> {
    const { meta, payload } = await this.#control.request(
      methods.tableRead,
      { vault: this.vault },
      undefined,
      options.signal,
    );
    return meta.found ? payload : undefined;
  }

  /** True when the peer keeps this table now; false when it has a newer one. */
  async tableWrite(table: Uint8Array, options: WaitOptions = {}): Promise<boolean> {
    const { meta } = await this.#control.request(
      methods.tableWrite,
      { vault: this.vault },
      table,
      options.signal,
    );
    return meta.stored;
  }

  /** How much the peer keeps of this vault, by its books. */
  async vaultUsage(options: WaitOptions = {}): Promise<VaultUsage> {
    const { meta } = await this.#control.request(
      methods.vaultUsage,
      { vault: this.vault },
      undefined,
      options.signal,
    );
    return meta;
  }

  /** Whom the peer takes for members of the vault; the records in the list are not verified here. */
  async members(options: WaitOptions = {}): Promise<MemberList> {
    const { payload } = await this.#control.request(
      duty.members,
      { vault: this.vault },
      undefined,
      options.signal,
    );
    return decodeMemberList(payload);
  }

  /** Shows the peer that it is a member of the vault; true when it keeps the vault from now on. */
  async invite(list: MemberList, options: WaitOptions = {}): Promise<boolean> {
    const payload = encodeMemberList(list);
    const { meta } = await this.#control.request(duty.invite, { vault: this.vault }, payload, options.signal);
    return meta.accepted;
  }

  /** What the peer says it keeps. Throws 'corrupt' when the table of digests it sent is not the one it names. */
  async compare(ask: CompareAsk, options: WaitOptions = {}): Promise<CompareAnswer> {
    const { members, logs, seen } = ask;
    const request = { vault: this.vault, members, logs, seen };
    const { meta, payload } = await this.#control.request(duty.compare, request, undefined, options.signal);
    if (payload.length === 0) return { ...meta, table: undefined };
    if (payload.length !== DIGEST_TABLE_BYTES || !bytesEqual(digestOf(payload), meta.holdings)) {
      throw this.#lie('sent another table of digests than the one it names');
    }
    return { ...meta, table: payload };
  }

  /** The peer's proofs, which only somebody who has the chunks can check. Throws 'corrupt' for another number of proofs. */
  async prove(ask: ProveAsk, options: WaitOptions = {}): Promise<ProveAnswer> {
    const { nonce, group, pledge, digests } = ask;
    const request = { vault: this.vault, nonce, group, pledge };
    const packed = concatBytes(...digests);
    const { meta, payload } = await this.#control.request(duty.prove, request, packed, options.signal);
    if (payload.length !== packed.length) throw this.#lie('gave another number of proofs than asked for');
    return { pledged: meta.pledged, proofs: unpackProofs(payload) };
  }

  /** Ends both streams; what is outstanding, and every later call, rejects with 'closed'. */
  async close(): Promise<void> {
    await Promise.all([this.#control.close(), this.#bulk.close()]);
  }

  async #hasSome(digests: readonly Digest[], { signal, trash }: LookupOptions): Promise<boolean[]> {
    const lookup = { vault: this.vault, ...(trash ? { trash } : {}) };
    const { payload } = await this.#control.request(methods.has, lookup, concatBytes(...digests), signal);
    if (payload.length !== digests.length)
      throw this.#lie('answered for another number of chunks than asked');
    return Array.from(payload, (byte) => byte === 1);
  }

  #lie(what: string): VaultError {
    return new VaultError('corrupt', `peer ${this.peer} ${what}`, { data: { peer: this.peer } });
  }
}
