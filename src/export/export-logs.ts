/** The logs of one vault as the folders of an export have them: each is asked like a holder, and believed no more than one (X4). */
import { decodeLogEntry, entryHash } from '../format/log-entry.ts';
import { decodeSegment, MAX_SEGMENT_BYTES } from '../format/log-segment.ts';
import { trusted } from '../format/readable.ts';
import { isVaultError, VaultError } from '../model/errors.ts';
import { type DeviceId, type Digest, idText, parseIdText, type VaultId } from '../model/ids.ts';
import type { WaitOptions } from '../store/chunk-store.ts';
import { entryFits } from '../vault/entry-fits.ts';
import type { AppendResult, HolderHeads, LogExchange, LogHead } from '../vault/log-exchange.ts';
import type { ExportPlace } from './export-place.ts';
import { logFolder, segmentFirst, segmentName, vaultFolder } from './layout.ts';

export interface ExportLogsOptions {
  readonly vault: VaultId;
  readonly places: readonly ExportPlace[];
  /** Told of what is damaged, or cannot be read now, in one of the places. */
  readonly onProblem?: (problem: VaultError) => void;
}

export interface Segment {
  readonly first: number;
  readonly entries: readonly Uint8Array[];
}

/** Read only: `append` and `writeTable` reach nobody. */
export class ExportLogs implements LogExchange {
  readonly #options: ExportLogsOptions;

  constructor(options: ExportLogsOptions) {
    this.#options = options;
  }

  /** Without places that cannot be read at all. */
  async heads(options: WaitOptions = {}): Promise<readonly HolderHeads[]> {
    const shown: HolderHeads[] = [];
    for (const place of this.#options.places) {
      const heads = await this.#guard(() => this.#headsIn(place, options), options);
      if (heads) shown.push({ peer: place.name, heads });
    }
    return shown;
  }

  async *read(
    device: DeviceId,
    from: number,
    to: number,
    options: WaitOptions = {},
  ): AsyncIterable<Uint8Array> {
    let next = from;
    let last: Digest | undefined;
    const { vault } = this.#options;
    for (const place of this.#options.places) {
      for (;;) {
        const segment = await this.segment(place, device, next, options);
        let taken = 0;
        for (const bytes of segment?.entries.slice(next - (segment?.first ?? 0)) ?? []) {
          if (next >= to || !entryFits(bytes, { vault, device, sequence: next, previous: last })) break;
          yield bytes;
          last = entryHash(bytes);
          next++;
          taken++;
        }
        if (next >= to) return;
        if (taken === 0) break;
      }
    }
  }

  /** The segment with entry `sequence`, if it is in this place and can be read; its entries are not verified. */
  async segment(
    place: ExportPlace,
    device: DeviceId,
    sequence: number,
    options: WaitOptions = {},
  ): Promise<Segment | undefined> {
    const firsts = (await this.#guard(() => this.#firsts(place, device, options), options)) ?? [];
    const first = firsts.findLast((each) => each <= sequence);
    if (first === undefined) return undefined;
    const entries = await this.#guard(() => this.#entries(place, device, first, options), options);
    return entries && { first, entries };
  }

  async append(): Promise<AppendResult> {
    return { accepted: [], failed: [] };
  }

  /** Tables of exports are looked at where the vault's key is known; see export-papers.ts. */
  async readTable(): Promise<Uint8Array | undefined> {
    return undefined;
  }

  async writeTable(): Promise<readonly string[]> {
    return [];
  }

  async #headsIn(place: ExportPlace, options: WaitOptions): Promise<readonly LogHead[]> {
    const heads: LogHead[] = [];
    for (const name of await place.list(`${vaultFolder(this.#options.vault)}/logs`, options)) {
      const device = parseIdText(name);
      if (!device || idText(device) !== name) continue;
      const head = await this.#headOf(place, device, options);
      if (head) heads.push(head);
    }
    return heads;
  }

  /** The end of the last segment that can be read. */
  async #headOf(place: ExportPlace, device: DeviceId, options: WaitOptions): Promise<LogHead | undefined> {
    const firsts = await this.#firsts(place, device, options);
    for (const first of firsts.toReversed()) {
      const entries = await this.#guard(() => this.#entries(place, device, first, options), options);
      const last = entries?.at(-1);
      if (entries && last) return { device, next: first + entries.length, hash: entryHash(last) };
    }
    return undefined;
  }

  async #firsts(place: ExportPlace, device: DeviceId, options: WaitOptions): Promise<number[]> {
    const names = await place.list(logFolder(vaultFolder(this.#options.vault), device), options);
    return names.flatMap((name) => segmentFirst(name) ?? []).sort((a, b) => a - b);
  }

  /** Numbers must be as the segment's name says: a misplaced file is a damaged one. */
  async #entries(
    place: ExportPlace,
    device: DeviceId,
    first: number,
    options: WaitOptions,
  ): Promise<readonly Uint8Array[] | undefined> {
    const name = segmentName(vaultFolder(this.#options.vault), device, first);
    const bytes = await place.read(name, MAX_SEGMENT_BYTES, options);
    if (!bytes) return undefined;
    const entries = decodeSegment(bytes);
    const misplaced = entries.some((entry, i) => decodeLogEntry(entry, trusted).sequence !== first + i);
    if (!misplaced) return entries;
    throw new VaultError('corrupt', `${name} in ${place.name} holds other log entries than its name says`);
  }

  async #guard<T>(work: () => Promise<T>, { signal }: WaitOptions): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      signal?.throwIfAborted();
      if (!isVaultError(error)) throw error;
      this.#options.onProblem?.(error);
      return undefined;
    }
  }
}
