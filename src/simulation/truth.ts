/** What was acknowledged to the owner, remembered outside of the system: snapshots, their files, and the chunks they need. */
import type { MemoryTree } from './memory-tree.ts';

/** 'doubtful': a forget or undelete of it failed half-way; nothing is demanded of it, and nothing forbidden. */
export type Fate = 'live' | 'forgotten' | 'doubtful';

export interface KnownSnapshot {
  readonly id: string;
  readonly device: number;
  /** Sequence of files as they were: '/data' and below. */
  readonly tree: MemoryTree;
  /** Chunks without which it cannot be restored; hex. */
  readonly digests: ReadonlySet<string>;
  readonly acknowledgedMs: number;
  /** As many copies were acknowledged. */
  readonly copies: number;
  fate: Fate;
}

export class Truth {
  readonly #snapshots = new Map<string, KnownSnapshot>();
  #needed: ReadonlySet<string> | undefined;

  add(snapshot: KnownSnapshot): void {
    this.#snapshots.set(snapshot.id, snapshot);
    this.#needed = undefined;
  }

  get(id: string): KnownSnapshot | undefined {
    return this.#snapshots.get(id);
  }

  all(): readonly KnownSnapshot[] {
    return [...this.#snapshots.values()];
  }

  live(): readonly KnownSnapshot[] {
    return this.all().filter(({ fate }) => fate === 'live');
  }

  setFate(id: string, fate: Fate): void {
    const snapshot = this.#snapshots.get(id);
    if (snapshot) snapshot.fate = fate;
    this.#needed = undefined;
  }

  /** The most copies that any live snapshot was acknowledged with that needs this chunk. */
  promisedCopies(digest: string): number {
    const needing = this.live().filter(({ digests }) => digests.has(digest));
    return Math.max(0, ...needing.map(({ copies }) => copies));
  }

  /** Chunks of all live snapshots. */
  needed(): ReadonlySet<string> {
    this.#needed ??= new Set(this.live().flatMap(({ digests }) => [...digests]));
    return this.#needed;
  }
}
