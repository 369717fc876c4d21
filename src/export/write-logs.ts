/** Brings the logs in one folder of an export up to what this machine knows, without writing again what is there (X4). */

import { entryHash } from '../format/log-entry.ts';
import { encodeSegment, FULL_SEGMENT_BYTES } from '../format/log-segment.ts';
import { bytesEqual } from '../model/bytes.ts';
import type { VaultId } from '../model/ids.ts';
import type { WaitOptions } from '../store/chunk-store.ts';
import type { DeviceLog } from '../vault/log-books.ts';
import type { VaultState } from '../vault/vault-state.ts';
import { ExportLogs, type Segment } from './export-logs.ts';
import type { ExportPlace } from './export-place.ts';
import { logFolder, segmentFirst, segmentName, vaultFolder } from './layout.ts';

/** Entries that no holder has confirmed are not exported: they are no commits yet (L2). `whole`: every entry there is compared. */
export async function writeLogs(
  place: ExportPlace,
  state: VaultState,
  options: WaitOptions & { readonly whole?: boolean } = {},
): Promise<void> {
  for (const log of state.logs.devices()) {
    options.signal?.throwIfAborted();
    await writeLog(place, state, log, options);
  }
}

async function writeLog(
  place: ExportPlace,
  state: VaultState,
  log: DeviceLog,
  { whole = false, ...wait }: WaitOptions & { readonly whole?: boolean },
): Promise<void> {
  const end = Math.min(log.confirmed, log.ends ?? log.confirmed);
  const logs = new ExportLogs({ vault: state.vault, places: [place] });
  const newest = whole ? undefined : await logs.segment(place, log.device, end, wait);
  const trusts = newest !== undefined && isSound(state, log, newest);
  const begun = trusts ? newest : await lastSound(logs, place, state, log, end, wait);
  const have = begun ? begun.first + begun.entries.length : 0;
  if (!trusts) await removeAfter(place, state.vault, log, begun?.first ?? -1, wait);
  if (have >= end) return;
  const kept = begun && sizeOf(begun.entries) < FULL_SEGMENT_BYTES ? begun : undefined;
  let first = kept?.first ?? have;
  for (const entries of segmentsOf(kept?.entries ?? [], state.logs.entries(log.device, have, end))) {
    await place.write(segmentName(vaultFolder(state.vault), log.device, first), encodeSegment(entries), wait);
    first += entries.length;
  }
}

function* segmentsOf(begun: readonly Uint8Array[], rest: Iterable<Uint8Array>): Generator<Uint8Array[]> {
  let entries = [...begun];
  let bytes = sizeOf(entries);
  for (const entry of rest) {
    entries.push(entry);
    bytes += entry.length;
    if (bytes < FULL_SEGMENT_BYTES) continue;
    yield entries;
    [entries, bytes] = [[], 0];
  }
  if (entries.length > 0) yield entries;
}

/** Segments behind the last sound one would be taken for the end of the log. */
async function removeAfter(
  place: ExportPlace,
  vault: VaultId,
  { device }: DeviceLog,
  last: number,
  wait: WaitOptions,
): Promise<void> {
  const base = vaultFolder(vault);
  for (const name of await place.list(logFolder(base, device), wait)) {
    const first = segmentFirst(name);
    if (first !== undefined && first > last) await place.remove(segmentName(base, device, first), wait);
  }
}

/** From the first entry on: the last segment of an unbroken row of sound ones. What lies behind it is written anew. */
async function lastSound(
  logs: ExportLogs,
  place: ExportPlace,
  state: VaultState,
  log: DeviceLog,
  end: number,
  wait: WaitOptions,
): Promise<Segment | undefined> {
  let last: Segment | undefined;
  for (let next = 0; next < end; ) {
    const segment = await logs.segment(place, log.device, next, wait);
    if (segment?.first !== next || !isSound(state, log, segment)) return last;
    last = segment;
    next += segment.entries.length;
  }
  return last;
}

/** Are these the entries that this machine has? One that goes further than this machine knows is not ours to judge. */
function isSound(state: VaultState, log: DeviceLog, { first, entries }: Segment): boolean {
  return entries.every((bytes, i) => {
    const known = state.logs.hashOf(log.device, first + i);
    return known !== undefined && bytesEqual(known, entryHash(bytes));
  });
}

function sizeOf(entries: readonly Uint8Array[]): number {
  return entries.reduce((sum, { length }) => sum + length, 0);
}
