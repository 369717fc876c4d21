/** `vault-peer import`: puts what was carried here on a disk into a peer's own store, so that it need not come over the line (X8). */

import { ExportLogs } from '../export/export-logs.ts';
import { readTables, vaultsIn } from '../export/export-papers.ts';
import type { ExportPlace } from '../export/export-place.ts';
import { ExportStore } from '../export/export-store.ts';
import { decodeLogEntry } from '../format/log-entry.ts';
import { trusted } from '../format/readable.ts';
import { isVaultError } from '../model/errors.ts';
import { cidText, type Digest, idText, keyOf, type VaultId } from '../model/ids.ts';
import { nodeDisk } from '../runtime/node-disk.ts';
import { systemClock } from '../runtime/system-clock.ts';
import type { Holdings } from '../store/holdings.ts';
import type { VaultHolding } from '../store/vault-holding.ts';
import { openPlaces, withExports } from './export-places.ts';
import type { ImportedVault, ImportPeerOptions, ImportPeerReport } from './export-types.ts';
import { lockFolder } from './folder-lock.ts';
import { readPeerFolder } from './peer-folder.ts';
import { openHoldings } from './peer-holdings.ts';

type Counts = { -readonly [K in keyof Omit<ImportedVault, 'vaultId'>]: number };

/** No key is needed, and nothing in the export is believed: what no signed log names is left out. Throws 'no-peer', 'locked', 'not-found', 'io'. */
export async function importPeer(options: ImportPeerOptions): Promise<ImportPeerReport> {
  const { folder, from, onWarning: warn = () => undefined } = options;
  const startMs = systemClock.monotonicMs();
  const peer = await readPeerFolder(folder);
  const places = await withExports(await openPlaces(from, { disk: nodeDisk(), clock: systemClock }), warn);
  const lock = await lockFolder(folder);
  let holdings: Holdings | undefined;
  try {
    holdings = await openHoldings(peer, { onWarning: warn });
    return await takeAll(holdings, places, options, startMs);
  } finally {
    holdings?.close();
    lock.release();
  }
}

async function takeAll(
  holdings: Holdings,
  places: readonly ExportPlace[],
  options: ImportPeerOptions,
  startMs: number,
): Promise<ImportPeerReport> {
  const vaults = new Map<string, VaultId>();
  for (const place of places) for (const vault of await vaultsIn(place)) vaults.set(keyOf(vault), vault);
  const done: ImportedVault[] = [];
  for (const vault of vaults.values()) {
    const run = new VaultImport(holdings.vault(vault, true), places, options, startMs);
    try {
      await run.take();
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!isVaultError(error, 'no-space', 'io')) throw error;
      done.push(run.result());
      const { code, message } = error;
      return { vaults: done, stopped: { code, message }, durationMs: systemClock.monotonicMs() - startMs };
    }
    done.push(run.result());
  }
  return { vaults: done, durationMs: systemClock.monotonicMs() - startMs };
}

class VaultImport {
  readonly #holding: VaultHolding;
  readonly #places: readonly ExportPlace[];
  readonly #options: ImportPeerOptions;
  readonly #startMs: number;
  readonly #counts: Counts = {
    chunksAdded: 0,
    bytesAdded: 0,
    chunksKnown: 0,
    chunksUnwanted: 0,
    chunksDamaged: 0,
    logEntries: 0,
  };

  constructor(
    holding: VaultHolding,
    places: readonly ExportPlace[],
    options: ImportPeerOptions,
    startMs: number,
  ) {
    this.#holding = holding;
    this.#places = places;
    this.#options = options;
    this.#startMs = startMs;
  }

  result(): ImportedVault {
    return { vaultId: idText(this.#holding.vault), ...this.#counts };
  }

  /** Logs first: they say which chunks are wanted. */
  async take(): Promise<void> {
    const { vault } = this.#holding;
    await this.#takeLogs();
    const table = await readTables(this.#places, vault);
    if (table) await this.#holding.table.write(table);
    const onDamage = (place: ExportPlace, digest: Digest): void => {
      this.#counts.chunksDamaged++;
      this.#warn(`${place.name}: chunk ${cidText(digest)} is damaged there and was left out`);
    };
    for (const place of this.#places) {
      await this.#takeChunks(new ExportStore(place, vault, { onDamage }));
    }
  }

  /** Retirements in one log end another, so a log that goes on after its end is refused: no fault. */
  async #takeLogs(): Promise<void> {
    const { vault, logs } = this.#holding;
    const exported = new ExportLogs({
      vault,
      places: this.#places,
      onProblem: ({ message }) => this.#warn(message),
    });
    const ends = new Map<string, { device: Uint8Array; next: number }>();
    for (const { heads } of await exported.heads(this.#wait())) {
      for (const { device, next } of heads) {
        if (next > (ends.get(keyOf(device))?.next ?? 0)) ends.set(keyOf(device), { device, next });
      }
    }
    for (const { device, next } of ends.values()) {
      const from = logs.heads().find((head) => keyOf(head.device) === keyOf(device))?.next ?? 0;
      for await (const entry of exported.read(device, from, next, this.#wait())) {
        if (!(await this.#append(entry))) break;
      }
    }
  }

  async #append(entry: Uint8Array): Promise<boolean> {
    try {
      if ((await this.#holding.append(entry)) === 'added') this.#counts.logEntries++;
      return true;
    } catch (error) {
      if (!isVaultError(error, 'corrupt', 'forgery', 'rollback', 'denied', 'not-found')) throw error;
      this.#warn(`entry ${decodeLogEntry(entry, trusted).sequence}: ${error.message}`);
      return false;
    }
  }

  async #takeChunks(store: ExportStore): Promise<void> {
    const { chunks, books } = this.#holding;
    const counts = this.#counts;
    const digests: Digest[] = [];
    for await (const digest of store.list(this.#wait())) digests.push(digest);
    for (const [at, digest] of digests.entries()) {
      this.#options.signal?.throwIfAborted();
      if (books.of(digest)?.live !== true) counts.chunksUnwanted++;
      else if ((await chunks.has([digest]))[0]) counts.chunksKnown++;
      else await this.#takeChunk(store, digest);
      this.#options.onProgress?.({
        elapsedMs: systemClock.monotonicMs() - this.#startMs,
        done: at + 1,
        total: digests.length,
        bytesDone: counts.bytesAdded,
      });
    }
  }

  async #takeChunk(store: ExportStore, digest: Digest): Promise<void> {
    try {
      const bytes = await store.get(digest, this.#wait());
      if (!bytes) return;
      await this.#holding.chunks.put({ digest, bytes });
      this.#counts.chunksAdded++;
      this.#counts.bytesAdded += bytes.length;
    } catch (error) {
      if (!isVaultError(error, 'corrupt')) throw error;
    }
  }

  #wait(): { signal?: AbortSignal } {
    return this.#options.signal ? { signal: this.#options.signal } : {};
  }

  #warn(message: string): void {
    this.#options.onWarning?.(message);
  }
}
