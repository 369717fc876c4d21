/**
 * Brings the files of a vault's chunks in line with its logs: what was dropped goes to the trash and leaves it when its retention
 * ends (L4), what lives again comes back, and what was never committed expires (L2). Each move is decided anew at its last moment.
 */
import { isVaultError } from '../model/errors.ts';
import type { ChunkFacts } from './books-types.ts';
import type { WaitingChunk } from './chunk-rows.ts';
import { ChunkState, chunkState } from './chunk-state.ts';
import type { VaultHolding } from './vault-holding.ts';

export interface TidyOptions {
  /** How long ago a time was by a clock that jumps cannot fool: it may be too low, never too high. A later time is never older. */
  readonly ageMs: (stampMs: number) => number;
  /** How long the trash keeps a chunk (L4). */
  readonly trashMs: number;
  /** How long a chunk is kept that no log names (L2); a chunk written or renewed less long ago is not trashed either. */
  readonly expiryMs: number;
  /** Files to move or remove at most. */
  readonly limit: number;
  readonly signal?: AbortSignal | undefined;
}

export interface TidyReport {
  readonly trashed: number;
  readonly restored: number;
  readonly expired: number;
  readonly purged: number;
  /** By expiry and purging. */
  readonly freedBytes: number;
  /** Chunks whose files could not be moved or removed now; the next tidying tries again. */
  readonly failed: number;
  /** `limit` was reached. */
  readonly more: boolean;
  /** Nothing was trashed or removed, since part of the logs is damaged here and may say otherwise. */
  readonly held: boolean;
}

type Deed = 'restored' | 'trashed' | 'expired' | 'purged';

interface Job {
  readonly deed: Deed;
  readonly state: ChunkState;
  /** Old enough? */
  readonly due: (sinceMs: number) => boolean;
  readonly act: (chunk: WaitingChunk, still: () => boolean) => Promise<boolean>;
}

const PAGE = 64;

/** One at a time per vault is enough; more do no harm. Throws only the signal's reason, and when the books cannot be used. */
export async function tidy(holding: VaultHolding, options: TidyOptions): Promise<TidyReport> {
  const done = { restored: 0, trashed: 0, expired: 0, purged: 0, freedBytes: 0, failed: 0 };
  let left = options.limit;
  for (const job of jobsOf(holding, options)) {
    for await (const size of run(job, holding, options)) {
      if (size === undefined) done.failed += 1;
      else done[job.deed] += 1;
      if (job.deed === 'expired' || job.deed === 'purged') done.freedBytes += size ?? 0;
      if (--left <= 0) return { ...done, more: true, held: mayNotDelete(holding) };
    }
  }
  return { ...done, more: false, held: mayNotDelete(holding) };
}

function mayNotDelete({ logs, books }: VaultHolding): boolean {
  return logs.cut() || books.forked;
}

function jobsOf({ chunks }: VaultHolding, { ageMs, trashMs, expiryMs }: TidyOptions): readonly Job[] {
  const expires = (sinceMs: number): boolean => ageMs(sinceMs) >= expiryMs;
  return [
    {
      deed: 'restored',
      state: ChunkState.restorable,
      due: () => true,
      act: ({ digest }) => chunks.fromTrash(digest),
    },
    {
      deed: 'trashed',
      state: ChunkState.dropped,
      due: expires,
      act: ({ digest }, when) => chunks.toTrash(digest, { when }),
    },
    {
      deed: 'expired',
      state: ChunkState.uncommitted,
      due: expires,
      act: ({ digest }, when) => chunks.remove(digest, { when }),
    },
    {
      deed: 'purged',
      state: ChunkState.trash,
      due: (sinceMs) => ageMs(sinceMs) >= trashMs,
      act: ({ digest }, when) => chunks.purge(digest, { when }),
    },
  ];
}

/** Yields the size of each chunk dealt with; `undefined` for one that its disk refused to move. */
async function* run(
  job: Job,
  holding: VaultHolding,
  options: TidyOptions,
): AsyncGenerator<number | undefined> {
  const { books } = holding;
  let after: WaitingChunk | undefined;
  for (;;) {
    const page = books.waiting(job.state, PAGE, after);
    for (const chunk of page) {
      options.signal?.throwIfAborted();
      if (!job.due(chunk.sinceMs)) return;
      if (job.deed !== 'restored' && mayNotDelete(holding)) return;
      const still = (): boolean => isStill(books.of(chunk.digest), job) && !mayNotDelete(holding);
      const done = await attempt(() => job.act(chunk, still));
      if (done !== false) yield done === true ? chunk.size : undefined;
    }
    after = page.at(-1);
    if (!after || page.length < PAGE) return;
  }
}

function isStill(facts: ChunkFacts | undefined, { state, due }: Job): boolean {
  if (!facts) return false;
  return chunkState(facts.live, facts.known, facts.keeping) === state && due(facts.sinceMs);
}

/** A file that cannot be moved stops nobody else's. */
async function attempt(work: () => Promise<boolean>): Promise<boolean | 'failed'> {
  try {
    return await work();
  } catch (error) {
    if (isVaultError(error, 'io', 'no-space')) return 'failed';
    throw error;
  }
}
