/** Duties of a holder for tests: fixed answers, a note of what was asked, and real proofs. */
import { digestOf } from '../../src/crypto/digest.ts';
import { type MemberList, membersHash } from '../../src/format/member-list.ts';
import type { PeerName, VaultId } from '../../src/model/ids.ts';
import {
  type CompareAnswer,
  type CompareAsk,
  DIGEST_TABLE_BYTES,
  type HolderDuties,
  type ProveAnswer,
  type ProveAsk,
} from '../../src/protocol/holder-duties.ts';
import { proveChunks } from '../../src/protocol/prove-chunks.ts';
import type { TestHolder } from './holder-fixture.ts';

export const LIST: MemberList = {
  table: Uint8Array.of(1, 2),
  recruits: [Uint8Array.of(3), Uint8Array.of(4)],
};
export const TABLE: Uint8Array = new Uint8Array(DIGEST_TABLE_BYTES).fill(7);
const zeros = new Uint8Array(32);

/** Duties that note what they are asked. */
export class TestDuties implements HolderDuties {
  readonly #chunks: TestHolder['holdings'];
  readonly #self: PeerName;
  readonly heardOf: PeerName[] = [];
  readonly asked: unknown[] = [];
  accepts = true;
  table: Uint8Array = TABLE;
  /** Proofs wait here when set. */
  hold: Promise<void> | undefined;
  proving = 0;

  constructor({ network, holdings }: Pick<TestHolder, 'network' | 'holdings'>) {
    this.#self = network.self;
    this.#chunks = holdings;
  }

  heard(peer: PeerName): void {
    this.heardOf.push(peer);
  }

  compare(_: VaultId, ask: CompareAsk, from: PeerName): CompareAnswer {
    this.asked.push({ ...ask, from });
    const holdings = digestOf(TABLE);
    return {
      known: true,
      members: membersHash(LIST),
      logs: zeros,
      holdings,
      declines: zeros,
      accepting: true,
      missing: 3,
      missingMs: 4,
      unavailable: 2,
      braked: true,
      accuses: ['12D3KooWliar'],
      silent: [{ peer: '12D3KooWgone', silentMs: 9, lost: true }],
      table: Buffer.compare(ask.seen, holdings) === 0 ? undefined : this.table,
    };
  }

  async prove(
    of: VaultId,
    { nonce, digests, pledge }: ProveAsk,
    _: PeerName,
    signal: AbortSignal,
  ): Promise<ProveAnswer> {
    this.proving++;
    await this.hold;
    const chunks = this.#chunks.vault(of)?.chunks;
    const job = { vault: of, nonce, digests, self: this.#self, signal };
    const proofs = chunks ? await proveChunks({ ...job, chunks }) : digests.map(() => undefined);
    return { pledged: pledge, proofs };
  }

  async invited(_: VaultId, list: MemberList, from: PeerName): Promise<boolean> {
    this.asked.push({ list, from });
    return this.accepts;
  }

  members(): MemberList {
    return LIST;
  }
}
