/** Asks peers to prove that they have chunks that we have too, and checks every byte of it with a fresh nonce (R3, R4). */
import { possessionProof } from '../crypto/possession.ts';
import { bytesEqual } from '../model/bytes.ts';
import { isVaultError } from '../model/errors.ts';
import { DIGEST_BYTES, type Digest, type PeerName } from '../model/ids.ts';
import type { ProveAnswer } from '../protocol/holder-duties.ts';
import type { Contacts } from './contacts.ts';
import type { KeeperContext } from './keeper-context.ts';
import type { VaultView } from './vault-view.ts';

export interface ProofQuestion {
  readonly view: VaultView;
  readonly group: number;
  readonly digests: readonly Digest[];
  readonly pledge: boolean;
}

export interface Proven {
  /** For each digest the peers that proved it (and pledged, where that was asked). */
  readonly by: readonly ReadonlySet<PeerName>[];
}

interface Answered {
  readonly peer: PeerName;
  readonly answer: ProveAnswer;
}

export class PossessionCheck {
  readonly #context: KeeperContext;
  readonly #contacts: Contacts;

  constructor(context: KeeperContext, contacts: Contacts) {
    this.#context = context;
    this.#contacts = contacts;
  }

  /** Who of `peers` has which of the chunks, all bytes of it, at this moment. One chunk at a time is in memory. */
  async ask(question: ProofQuestion, peers: readonly PeerName[], signal: AbortSignal): Promise<Proven> {
    const { view, group, digests, pledge } = question;
    const nonce = this.#context.random.bytes(DIGEST_BYTES);
    const answers: Answered[] = [];
    await Promise.all(
      peers.map(async (peer) => {
        const asked = await this.#contacts.ask(
          peer,
          view.vault,
          (remote) => remote.prove({ nonce, group, pledge, digests }, { signal }),
          signal,
        );
        if (asked.kind === 'answer' && (!pledge || asked.value.pledged)) {
          answers.push({ peer, answer: asked.value });
        }
      }),
    );
    const by: ReadonlySet<PeerName>[] = [];
    for (const [i, digest] of digests.entries())
      by.push(await this.#check(view, digest, i, nonce, answers, signal));
    return { by };
  }

  async #check(
    view: VaultView,
    digest: Digest,
    at: number,
    nonce: Uint8Array,
    answers: readonly Answered[],
    signal: AbortSignal,
  ): Promise<ReadonlySet<PeerName>> {
    const claimed = answers.filter(({ answer }) => answer.proofs[at] !== undefined);
    if (claimed.length === 0) return new Set();
    const bytes = await readOwn(view, digest, signal);
    if (!bytes) return new Set();
    await this.#context.throttle.take(bytes.length, signal);
    const facts = { nonce, vault: view.vault, digest, bytes };
    const proven = claimed.filter(({ peer, answer }) => {
      const proof = answer.proofs[at];
      return proof !== undefined && bytesEqual(proof, possessionProof({ ...facts, prover: peer }));
    });
    return new Set(proven.map(({ peer }) => peer));
  }
}

/** Our own copy; `undefined` when it turned out to be damaged or is gone: then it proves nothing about others. */
export async function readOwn(
  view: VaultView,
  digest: Digest,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  try {
    return await view.holding.chunks.get(digest, { signal });
  } catch (error) {
    if (isVaultError(error, 'corrupt')) return undefined;
    throw error;
  }
}
