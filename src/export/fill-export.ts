/** Writes what a plan says to the folders of an export, all at once; a full or broken one leaves its part to the others (X7). */
import { isVaultError, type VaultError } from '../model/errors.ts';
import type { Digest } from '../model/ids.ts';
import { bitsIn, type ExportPlan, type RoomFacts, roomiest, roomOf } from '../policy/export-plan.ts';
import { eachOf } from '../runtime/each-of.ts';
import type { ChunkReader, WaitOptions } from '../store/chunk-store.ts';
import type { ExportStore } from './export-store.ts';
import type { ExportSurvey } from './survey-export.ts';

type PlaceState = 'ok' | 'full' | 'failed';

export interface FilledPlace {
  readonly chunks: number;
  readonly bytes: number;
  readonly state: PlaceState;
}

export interface FillOptions extends WaitOptions {
  readonly survey: ExportSurvey;
  readonly plan: ExportPlan;
  readonly stores: readonly ExportStore[];
  /** As the plan was made from. */
  readonly rooms: readonly RoomFacts[];
  readonly copies: number;
  readonly reader: ChunkReader;
  readonly onProgress?: (done: FillProgress) => void;
  /** A chunk that could not be read, or a folder that fell out. */
  readonly onProblem?: (what: string, error: VaultError) => void;
}

interface FillProgress {
  readonly copiesDone: number;
  readonly copiesTotal: number;
  readonly bytesDone: number;
}

/** Chunks on their way: at the largest size 36 MiB. */
const AT_ONCE = 8;
/** A stick that refuses so often in a row is gone. */
const PATIENCE = 3;

interface Place {
  readonly store: ExportStore;
  readonly facts: RoomFacts;
  left: number;
  chunks: number;
  bytes: number;
  failures: number;
  state: PlaceState;
}

/** Adds to `survey.held` what was written and read back. Rejects with the signal's reason only. */
export async function fillExport(options: FillOptions): Promise<readonly FilledPlace[]> {
  const run = new Fill(options);
  const { targets } = options.plan;
  await eachOf(targets.keys(), AT_ONCE, async (chunk) => {
    if (targets[chunk] !== 0) await run.chunk(chunk);
  });
  return run.places.map(({ chunks, bytes, state }) => ({ chunks, bytes, state }));
}

class Fill {
  readonly places: readonly Place[];
  readonly #options: FillOptions;
  #copiesDone = 0;
  #bytesDone = 0;

  constructor(options: FillOptions) {
    this.#options = options;
    this.places = options.stores.map((store, at) => {
      const facts = options.rooms[at] ?? { freeBytes: 0, unitBytes: 1 };
      const left = facts.freeBytes - (options.plan.bytes[at] ?? 0);
      return { store, facts, left, chunks: 0, bytes: 0, failures: 0, state: 'ok' };
    });
  }

  async chunk(chunk: number): Promise<void> {
    const { survey, plan, signal } = this.#options;
    signal?.throwIfAborted();
    const digest = survey.digests.at(chunk).slice();
    const planned = plan.targets[chunk] ?? 0;
    const bytes = await this.#bytesOf(digest);
    if (!bytes) return;
    const failed = await Promise.all(
      this.places.map(async (place, at) => {
        const chosen = (planned & (1 << at)) !== 0;
        return chosen && !(await this.#write(place, at, chunk, digest, bytes));
      }),
    );
    for (const again of failed) if (again) await this.#elsewhere(chunk, digest, bytes);
  }

  async #bytesOf(digest: Digest): Promise<Uint8Array | undefined> {
    const { reader, signal, onProblem } = this.#options;
    try {
      const bytes = await reader.get(digest, signal ? { signal } : {});
      if (bytes) return bytes;
    } catch (error) {
      signal?.throwIfAborted();
      if (!isVaultError(error)) throw error;
      onProblem?.('', error);
    }
    return undefined;
  }

  /** True when the chunk is in this folder for good. */
  async #write(place: Place, at: number, chunk: number, digest: Digest, bytes: Uint8Array): Promise<boolean> {
    const { survey, signal } = this.#options;
    if (place.state !== 'ok') return false;
    try {
      await place.store.put({ digest, bytes }, signal ? { signal } : {});
    } catch (error) {
      signal?.throwIfAborted();
      if (!isVaultError(error)) throw error;
      this.#failed(place, error);
      return false;
    }
    survey.held[chunk] = (survey.held[chunk] ?? 0) | (1 << at);
    place.failures = 0;
    place.chunks++;
    place.bytes += bytes.length;
    this.#bytesDone += bytes.length;
    this.#copiesDone++;
    this.#tell();
    return true;
  }

  /** In the place of a folder that did not take it: the roomiest that has none. */
  async #elsewhere(chunk: number, digest: Digest, bytes: Uint8Array): Promise<void> {
    const { survey, copies, plan } = this.#options;
    let tried = plan.targets[chunk] ?? 0;
    for (;;) {
      const held = survey.held[chunk] ?? 0;
      if (bitsIn(held) >= Math.min(copies, this.places.length)) return;
      const left = this.places.map((place) => (place.state === 'ok' ? place.left : -1));
      const at = roomiest(left, this.#facts(), bytes.length, held | tried);
      const place = at === undefined ? undefined : this.places[at];
      if (at === undefined || !place) return;
      tried |= 1 << at;
      place.left -= roomOf(bytes.length, place.facts);
      if (await this.#write(place, at, chunk, digest, bytes)) return;
    }
  }

  #facts(): readonly RoomFacts[] {
    return this.places.map(({ facts }) => facts);
  }

  #failed(place: Place, error: VaultError): void {
    if (place.state !== 'ok') return;
    place.failures++;
    if (error.code === 'no-space') place.state = 'full';
    else if (place.failures >= PATIENCE || error.code === 'denied') place.state = 'failed';
    if (place.state !== 'ok') this.#options.onProblem?.(place.store.place.name, error);
  }

  #tell(): void {
    this.#options.onProgress?.({
      copiesDone: this.#copiesDone,
      copiesTotal: this.#options.plan.copiesPlanned,
      bytesDone: this.#bytesDone,
    });
  }
}
