/** Who has and who should have each group of each vault: flat arrays of peer numbers, so that a million groups fit and scan fast. */
import { GROUPS } from '../../model/ids.ts';

const NOBODY = -1;
/** Room per group: keepers and extras, and copies that are not trimmed yet. */
const SLOTS = 12;

/** A set of peers for each group, in order of addition. */
export class GroupTable {
  readonly #slots: Int32Array;

  constructor(vaults: number) {
    this.#slots = new Int32Array(vaults * GROUPS * SLOTS).fill(NOBODY);
  }

  peersOf(group: number): number[] {
    const found: number[] = [];
    const end = (group + 1) * SLOTS;
    for (let at = group * SLOTS; at < end; at++) {
      const peer = this.#slots[at] ?? NOBODY;
      if (peer === NOBODY) break;
      found.push(peer);
    }
    return found;
  }

  count(group: number): number {
    let count = 0;
    while (count < SLOTS && this.#slots[group * SLOTS + count] !== NOBODY) count++;
    return count;
  }

  has(group: number, peer: number): boolean {
    const end = (group + 1) * SLOTS;
    for (let at = group * SLOTS; at < end; at++) {
      const found = this.#slots[at];
      if (found === peer) return true;
      if (found === NOBODY) return false;
    }
    return false;
  }

  /** False when there is no room for one more: so many copies need no further one. */
  add(group: number, peer: number): boolean {
    const end = (group + 1) * SLOTS;
    for (let at = group * SLOTS; at < end; at++) {
      if (this.#slots[at] !== NOBODY) continue;
      this.#slots[at] = peer;
      return true;
    }
    return false;
  }

  remove(group: number, peer: number): boolean {
    const first = group * SLOTS;
    const at = this.#slots.subarray(first, first + SLOTS).indexOf(peer);
    if (at < 0) return false;
    this.#slots.copyWithin(first + at, first + at + 1, first + SLOTS);
    this.#slots[first + SLOTS - 1] = NOBODY;
    return true;
  }

  set(group: number, peers: readonly number[]): void {
    const first = group * SLOTS;
    for (let i = 0; i < SLOTS; i++) this.#slots[first + i] = peers[i] ?? NOBODY;
  }

  /** The groups of one vault that a peer is in, as numbers over all vaults. */
  groupsOf(vault: number, peer: number): number[] {
    const found: number[] = [];
    const first = vault * GROUPS * SLOTS;
    const slots = this.#slots.subarray(first, first + GROUPS * SLOTS);
    for (let at = slots.indexOf(peer); at >= 0; at = slots.indexOf(peer, at + 1))
      found.push(vault * GROUPS + Math.floor(at / SLOTS));
    return found;
  }
}
