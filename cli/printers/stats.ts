/** Sums of snapshots as a table and as JSON lines, by the three modes of restic. */
import { formatBytes, type StatsReport, type StatsSums } from '../../src/index.ts';
import type { Session } from '../terminal/session.ts';
import { type Column, tableLines } from '../terminal/table.ts';
import { localTime, printable, shortId } from './words.ts';

export type StatsMode = 'restore-size' | 'files-by-contents' | 'raw-data';
export const STATS_MODES: readonly StatsMode[] = ['restore-size', 'files-by-contents', 'raw-data'];

/** "2.5x"; '-' where nothing was counted. */
function ratio(more: number, less: number): string {
  return less > 0 ? `${(more / less).toFixed(2)}x` : '-';
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}

const TITLES: Readonly<Record<StatsMode, readonly string[]>> = {
  'restore-size': ['Files', 'Size'],
  'files-by-contents': ['Files', 'Size'],
  'raw-data': ['Chunks', 'Stored', 'Before compression', 'Compression'],
};

function cells(mode: StatsMode, sums: StatsSums): readonly string[] {
  if (mode === 'restore-size') return [number(sums.files), formatBytes(sums.restoreBytes)];
  if (mode === 'files-by-contents')
    return [number(sums.differentFiles), formatBytes(sums.differentFileBytes)];
  const { chunks, sealedBytes, plainBytes } = sums;
  return [number(chunks), formatBytes(sealedBytes), formatBytes(plainBytes), ratio(plainBytes, sealedBytes)];
}

function json(mode: StatsMode, sums: StatsSums): Readonly<Record<string, number>> {
  const common = { snapshots_count: sums.snapshots };
  if (mode === 'restore-size')
    return { ...common, total_size: sums.restoreBytes, total_file_count: sums.files };
  if (mode === 'files-by-contents') {
    return { ...common, total_size: sums.differentFileBytes, total_file_count: sums.differentFiles };
  }
  const { sealedBytes, plainBytes, restoreBytes, chunks } = sums;
  return {
    ...common,
    total_size: sealedBytes,
    total_uncompressed_size: plainBytes,
    total_restore_size: restoreBytes,
    total_chunk_count: chunks,
    ...(sealedBytes > 0 ? { compression_ratio: plainBytes / sealedBytes } : {}),
    ...(plainBytes > 0 ? { deduplication_ratio: restoreBytes / plainBytes } : {}),
  };
}

export function printStats(
  session: Session,
  mode: StatsMode,
  { total, bySnapshot, byGroup }: StatsReport,
): void {
  const columns: readonly Column[] = [
    { title: '' },
    ...TITLES[mode].map((title) => ({ title, right: true })),
  ];
  const rows: (readonly string[])[] = [];
  for (const { snapshot, added } of bySnapshot) {
    rows.push([
      `${shortId(snapshot.id)} ${localTime(snapshot.timeMs)} ${printable(snapshot.host)}`,
      ...cells(mode, added),
    ]);
    session.emit({ message_type: 'snapshot_stats', snapshot_id: snapshot.id, ...json(mode, added) });
  }
  for (const { name, sums } of byGroup) {
    rows.push([name === '' ? 'without tags' : `all of ${printable(name)}`, ...cells(mode, sums)]);
    session.emit({ message_type: 'group_stats', name, ...json(mode, sums) });
  }
  rows.push(['all together', ...cells(mode, total)]);
  for (const line of tableLines(columns, rows)) session.print(line);
  if (mode === 'raw-data') {
    const { restoreBytes, plainBytes, sealedBytes } = total;
    const shared = ratio(restoreBytes, plainBytes);
    session.tell(
      `restoring all would write ${formatBytes(restoreBytes)}: sharing saves ${shared}, compression ${ratio(plainBytes, sealedBytes)}, both ${ratio(restoreBytes, sealedBytes)}`,
    );
  }
  session.emit({ message_type: 'summary', mode, ...json(mode, total) });
}
