/** Asks holders which of a vault's chunks they have, and counts copies and zones of each (P2, S4). */
import { DigestTable } from '../model/digest-table.ts';
import { isVaultError } from '../model/errors.ts';
import type { Digest, PeerName } from '../model/ids.ts';
import type { ChunkLookup, WaitOptions } from '../store/chunk-store.ts';

/** One holder whose copies count: reachable, and not on the owner's own machine (P2). */
export interface CountedHolder {
  readonly peer: PeerName;
  readonly zone: string;
  readonly chunks: ChunkLookup;
}

/** Copies of one chunk now, on different peers and in different zones. */
export interface Copies {
  readonly peers: number;
  readonly zones: number;
}

const BATCH = 4096;
const NONE: Copies = { peers: 0, zones: 0 };

/** The answer of every holder for every chunk: one bit each. */
export class CopyCount {
  readonly #table = new DigestTable();
  readonly #zones: readonly number[];
  readonly #answers: readonly Uint8Array[];
  readonly #peers: readonly PeerName[];
  /** Holders that stopped answering while they were asked; their copies do not count. */
  readonly silent: readonly PeerName[];

  private constructor(
    table: DigestTable,
    answers: readonly { peer: PeerName; zone: string; has: Uint8Array }[],
    silent: readonly PeerName[],
  ) {
    this.#table = table;
    const names = [...new Set(answers.map(({ zone }) => zone))];
    this.#zones = answers.map(({ zone }) => names.indexOf(zone));
    this.#answers = answers.map(({ has }) => has);
    this.#peers = answers.map(({ peer }) => peer);
    this.silent = silent;
  }

  /** Asks all holders at once, each in batches; what a holder answers is its word, not a proof (R4 will ask for proof). */
  static async ask(
    digests: Iterable<Digest>,
    holders: readonly CountedHolder[],
    options: WaitOptions = {},
  ): Promise<CopyCount> {
    const table = new DigestTable();
    for (const digest of digests) table.add(digest);
    const answers: { peer: PeerName; zone: string; has: Uint8Array }[] = [];
    const silent: PeerName[] = [];
    await Promise.all(
      holders.map(async ({ peer, zone, chunks }) => {
        const has = await askOne(table, chunks, options);
        if (has) answers.push({ peer, zone, has });
        else silent.push(peer);
      }),
    );
    answers.sort((a, b) => (a.peer < b.peer ? -1 : 1));
    return new CopyCount(table, answers, silent);
  }

  get chunks(): number {
    return this.#table.size;
  }

  /** Copies of one chunk; none for a chunk that was not asked for. */
  of(digest: Digest): Copies {
    const number = this.#table.numberOf(digest);
    return number === undefined ? NONE : this.#count(number);
  }

  /** Who says that it has this chunk; in order of names. */
  holdersOf(digest: Digest): readonly PeerName[] {
    const number = this.#table.numberOf(digest);
    return number === undefined
      ? []
      : this.#peers.filter((_, holder) => this.#answers[holder]?.[number] === 1);
  }

  /** Chunks for which fewer than `copies` holders, but at least one, say that they have them; fewest copies first. */
  short(copies: number): readonly Digest[] {
    const found: { digest: Digest; peers: number }[] = [];
    for (let number = 0; number < this.#table.size; number++) {
      const { peers } = this.#count(number);
      if (peers > 0 && peers < copies) found.push({ digest: this.#table.at(number), peers });
    }
    return found.sort((a, b) => a.peers - b.peers).map(({ digest }) => digest);
  }

  /** Chunks that nobody says to have. */
  absent(): readonly Digest[] {
    return Array.from({ length: this.#table.size }, (_, number) => number)
      .filter((number) => this.#count(number).peers === 0)
      .map((number) => this.#table.at(number));
  }

  /** How many chunks have 0, 1, 2 ... copies. */
  histogram(): readonly number[] {
    const counts: number[] = Array.from({ length: this.#answers.length + 1 }, () => 0);
    for (let number = 0; number < this.#table.size; number++) {
      const { peers } = this.#count(number);
      counts[peers] = (counts[peers] ?? 0) + 1;
    }
    while (counts.length > 1 && counts.at(-1) === 0) counts.pop();
    return counts;
  }

  #count(number: number): Copies {
    const zones = new Set<number>();
    let peers = 0;
    this.#answers.forEach((has, holder) => {
      if (has[number] !== 1) return;
      peers++;
      zones.add(this.#zones[holder] ?? -1);
    });
    return { peers, zones: zones.size };
  }
}

async function askOne(
  table: DigestTable,
  chunks: ChunkLookup,
  options: WaitOptions,
): Promise<Uint8Array | undefined> {
  const has = new Uint8Array(table.size);
  try {
    for (let from = 0; from < table.size; from += BATCH) {
      const to = Math.min(from + BATCH, table.size);
      const batch = Array.from({ length: to - from }, (_, i) => table.at(from + i));
      (await chunks.has(batch, options)).forEach((here, i) => {
        has[from + i] = here ? 1 : 0;
      });
    }
    return has;
  } catch (error) {
    options.signal?.throwIfAborted();
    if (isVaultError(error)) return undefined;
    throw error;
  }
}
