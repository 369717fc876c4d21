/** Reads chunks, opens them, and has every holder that claims a copy prove it against the bytes just read (R4): all copies for the traffic of one. */
import { openChunk } from '../crypto/chunk-cipher.ts';
import { possessionProof } from '../crypto/possession.ts';
import { canOpen, type LogKeys } from '../crypto/vault-keys.ts';
import type { ChunkKind } from '../format/kinds.ts';
import { bytesEqual } from '../model/bytes.ts';
import { isVaultError, VaultError } from '../model/errors.ts';
import { cidText, type Digest, keyOf, type PeerName } from '../model/ids.ts';
import type { ProveAnswer, ProveAsk } from '../protocol/holder-duties.ts';
import type { Random } from '../runtime/random.ts';
import type { ChunkReader, WaitOptions } from '../store/chunk-store.ts';

/** What a check asks of one holder; a `RemotePeer` has it. */
export interface Prover {
  prove(ask: ProveAsk, options: WaitOptions): Promise<ProveAnswer>;
}

export interface CheckedChunk {
  readonly digest: Digest;
  /** Absent where it is not known, since chunks cannot be opened. */
  readonly kind?: ChunkKind;
  /** Who says that it has the chunk. */
  readonly holders: readonly PeerName[];
}

export interface CheckCopiesOptions extends WaitOptions {
  /** Without content keys the bytes are compared with their name, and not opened. */
  readonly keys: LogKeys;
  readonly reader: ChunkReader;
  readonly proverOf: (peer: PeerName) => Prover;
  readonly random: Random;
  readonly onFault: (fault: {
    readonly digest: Digest;
    readonly peer?: PeerName;
    readonly error: VaultError;
  }) => void;
  /** After each chunk; sealed bytes. */
  readonly onRead: (bytes: number) => void;
}

export interface CheckedCopies {
  readonly chunksRead: number;
  readonly bytesRead: number;
  readonly copiesVerified: number;
}

/** As many as one question may name (MAX_PROVE_DIGESTS). */
const ASKED_AT_ONCE = 64;
const READ_AT_ONCE = 6;
const NONCE_BYTES = 32;

export class CopyChecker {
  readonly #options: CheckCopiesOptions;
  /** Holders that do not answer questions, or not these: their copies stay unproved. */
  readonly #mute = new Set<PeerName>();
  #chunksRead = 0;
  #bytesRead = 0;
  #copiesVerified = 0;

  constructor(options: CheckCopiesOptions) {
    this.#options = options;
  }

  /** Rejects with the signal's reason only. */
  async check(chunks: Iterable<CheckedChunk>): Promise<CheckedCopies> {
    let batch: CheckedChunk[] = [];
    for (const chunk of chunks) {
      batch.push(chunk);
      if (batch.length < ASKED_AT_ONCE) continue;
      await this.#batch(batch);
      batch = [];
    }
    await this.#batch(batch);
    return {
      chunksRead: this.#chunksRead,
      bytesRead: this.#bytesRead,
      copiesVerified: this.#copiesVerified,
    };
  }

  /** The nonce is told to nobody before the bytes are here, and each chunk's bytes are let go as soon as its proofs are known. */
  async #batch(batch: readonly CheckedChunk[]): Promise<void> {
    const nonce = this.#options.random.bytes(NONCE_BYTES);
    const expected = new Map<PeerName, { digest: Digest; proof: Uint8Array }[]>();
    const waiting = batch.values();
    const worker = async (): Promise<void> => {
      for (const chunk of waiting) {
        const bytes = await this.#read(chunk);
        for (const peer of bytes ? chunk.holders : []) {
          if (!bytes || this.#mute.has(peer)) continue;
          const { vault } = this.#options.keys;
          const proof = possessionProof({ nonce, vault, digest: chunk.digest, prover: peer, bytes });
          expected.set(peer, [...(expected.get(peer) ?? []), { digest: chunk.digest, proof }]);
        }
      }
    };
    await Promise.all(Array.from({ length: READ_AT_ONCE }, worker));
    await Promise.all([...expected].map(([peer, proofs]) => this.#prove(peer, nonce, proofs)));
  }

  async #read({ digest, kind }: CheckedChunk): Promise<Uint8Array | undefined> {
    const { reader, keys, onFault, onRead, signal } = this.#options;
    signal?.throwIfAborted();
    try {
      const sealed = await reader.get(digest, signal ? { signal } : {});
      if (!sealed) throw new VaultError('lost', `no holder has chunk ${cidText(digest)} any more`);
      if (kind !== undefined && canOpen(keys)) openChunk(keys, kind, sealed);
      this.#chunksRead++;
      this.#bytesRead += sealed.length;
      onRead(sealed.length);
      return sealed;
    } catch (error) {
      signal?.throwIfAborted();
      if (!isVaultError(error)) throw error;
      onFault({ digest, error });
      return undefined;
    }
  }

  async #prove(
    peer: PeerName,
    nonce: Uint8Array,
    expected: readonly { readonly digest: Digest; readonly proof: Uint8Array }[],
  ): Promise<void> {
    const { proverOf, signal, onFault } = this.#options;
    const digests = expected.map(({ digest }) => digest);
    let proofs: ProveAnswer['proofs'];
    try {
      ({ proofs } = await proverOf(peer).prove(
        { nonce, group: 0, pledge: false, digests },
        signal ? { signal } : {},
      ));
    } catch (error) {
      signal?.throwIfAborted();
      if (!isVaultError(error)) throw error;
      this.#mute.add(peer);
      return;
    }
    const given = new Map(digests.map((digest, i) => [keyOf(digest), proofs[i]]));
    for (const { digest, proof } of expected) {
      const answer = given.get(keyOf(digest));
      if (answer && bytesEqual(answer, proof)) this.#copiesVerified++;
      else onFault({ digest, peer, error: falseClaim(digest, answer !== undefined) });
    }
  }
}

function falseClaim(digest: Digest, answered: boolean): VaultError {
  const what = answered ? 'has other bytes than it says' : 'says that it has a copy and cannot show it';
  // The bytes were read from another holder just now: a copy less, no data lost.
  return new VaultError(
    'fewer-copies',
    `a holder of chunk ${cidText(digest)} ${what}; the data is whole, and the copy is made anew from the others`,
  );
}
