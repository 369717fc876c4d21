/** Which of a vault's chunks each folder of an export has already: by its list of files, or by reading all of them (X7). */
import { DigestTable } from '../model/digest-table.ts';
import { isVaultError } from '../model/errors.ts';
import type { Digest } from '../model/ids.ts';
import { eachOf } from '../runtime/each-of.ts';
import type { WaitOptions } from '../store/chunk-store.ts';
import type { ExportStore } from './export-store.ts';

export interface ExportSurvey {
  /** Every chunk that shall be in the export. */
  readonly digests: DigestTable;
  /** Sealed bytes, by the number in `digests`. */
  readonly sizes: readonly number[];
  /** Folders that have the chunk: bit i is store i. Kept up to date by those who write. */
  readonly held: Uint32Array;
  /** Files that were damaged. */
  readonly damaged: number;
}

export interface SurveyOptions extends WaitOptions {
  readonly stores: readonly ExportStore[];
  /** Reads everything that is there. */
  readonly verify: boolean;
  readonly onProgress?: (done: number, total: number) => void;
}

const LOOKUPS = 4096;
const READS_AT_ONCE = 4;

export async function surveyExport(
  chunks: Iterable<{ readonly digest: Digest; readonly size: number }>,
  options: SurveyOptions,
): Promise<ExportSurvey> {
  const digests = new DigestTable();
  const sizes: number[] = [];
  for (const { digest, size } of chunks) sizes[digests.add(digest)] = size;
  const held = new Uint32Array(digests.size);
  await Promise.all(options.stores.map((store, at) => mark(store, 1 << at, digests, held, options)));
  const damaged = options.verify ? await readAll(digests, held, options) : 0;
  return { digests, sizes, held, damaged };
}

async function mark(
  store: ExportStore,
  bit: number,
  digests: DigestTable,
  held: Uint32Array,
  wait: WaitOptions,
): Promise<void> {
  for (let from = 0; from < digests.size; from += LOOKUPS) {
    const count = Math.min(LOOKUPS, digests.size - from);
    const some = Array.from({ length: count }, (_, i) => digests.at(from + i));
    for (const [i, here] of (await store.has(some, wait)).entries()) {
      if (here) held[from + i] = (held[from + i] ?? 0) | bit;
    }
  }
}

/** Number of files that were not what their names say; each is found by its own store, and counts as absent from then on. */
async function readAll(
  digests: DigestTable,
  held: Uint32Array,
  { stores, onProgress, signal }: SurveyOptions,
): Promise<number> {
  let [damaged, done] = [0, 0];
  await eachOf(Array.from({ length: digests.size }).keys(), READS_AT_ONCE, async (chunk) => {
    for (const [at, store] of stores.entries()) {
      if (((held[chunk] ?? 0) & (1 << at)) === 0) continue;
      if (await isSound(store, digests.at(chunk), signal ? { signal } : {})) continue;
      held[chunk] = (held[chunk] ?? 0) & ~(1 << at);
      damaged++;
    }
    onProgress?.(++done, digests.size);
  });
  return damaged;
}

async function isSound(store: ExportStore, digest: Digest, wait: WaitOptions): Promise<boolean> {
  try {
    return (await store.get(digest, wait)) !== undefined;
  } catch (error) {
    if (isVaultError(error, 'corrupt')) return false;
    throw error;
  }
}
