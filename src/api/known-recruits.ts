/** Peers that members recruited while the owner was off, as one visit learns of them from the holders (R2, P4). */
import type { HolderTable } from '../format/holder-table.ts';
import { keyOf, type PeerName, type VaultId } from '../model/ids.ts';
import { countingRecruits, type VerifiedRecruit, verifiedRecruits } from '../store/recruit-choice.ts';

export class KnownRecruits {
  readonly #vault: VaultId;
  #records: readonly VerifiedRecruit[] = [];
  #chosen: { readonly table: HolderTable | undefined; readonly peers: readonly PeerName[] } | undefined;

  constructor(vault: VaultId) {
    this.#vault = vault;
  }

  /** Encoded recruitments from any holders; what proves nothing is left out. */
  learn(list: readonly Uint8Array[]): void {
    const known = new Map(this.#records.map(({ bytes }) => [keyOf(bytes), bytes]));
    const fresh = new Map(list.map((bytes) => [keyOf(bytes), bytes]));
    for (const key of known.keys()) fresh.delete(key);
    this.#records = [...this.#records, ...verifiedRecruits([...fresh.values()], this.#vault)];
    this.#chosen = undefined;
  }

  /** Whose chain of recruiters begins in this table, and who are not in it themselves: a bounded number. */
  peers(table: HolderTable | undefined): readonly PeerName[] {
    if (this.#chosen && this.#chosen.table === table) return this.#chosen.peers;
    const signed = table?.members.map(({ peer }) => peer) ?? [];
    const peers = countingRecruits(this.#records, signed).map(({ recruitment: { peer } }) => peer);
    this.#chosen = { table, peers };
    return peers;
  }
}
