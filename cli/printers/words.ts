/** How numbers, times, paths and snapshots read for people, the same in every printer. */
import { formatBytes, formatDuration, type HolderCopies, type SnapshotInfo } from '../../src/index.ts';
import { count } from '../terminal/count.ts';
import type { RateMeter } from './rate-meter.ts';

const SHORT_ID = 8;

export function shortId(id: string): string {
  return id.slice(0, SHORT_ID);
}

export { count };

/** Local time, to the second. */
export function localTime(ms: number): string {
  const at = new Date(ms);
  const two = (value: number): string => String(value).padStart(2, '0');
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${date} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

export function rate(bytes: number, ms: number): string {
  if (ms <= 0) return '';
  const perSecond = bytes / (ms / 1000);
  return perSecond < 1e5 ? `${(perSecond / 1e3).toFixed(1)} kB/s` : `${(perSecond / 1e6).toFixed(1)} MB/s`;
}

/** Control characters of file names never reach the terminal. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '?');
}

/** A path and what is wrong with it; messages that name the path do not say it twice. */
export function problemText(path: string, message: string): string {
  return printable(message.includes(path) ? message : `${path}: ${message}`);
}

/** "a 12, b 12, c 11": chunks by holder. */
export function copiesByHolder(copies: readonly HolderCopies[]): string {
  return copies.map(({ name, chunks }) => `${printable(name)} ${chunks}`).join(', ');
}

export interface Amounts {
  readonly filesDone: number;
  readonly bytesDone: number;
  /** Of them, those that cost no time worth counting. */
  readonly bytesSkipped?: number;
  readonly totalBytes?: number;
  readonly elapsedMs: number;
}

/** "1 min 3 s left"; '' while nobody can know. */
export function leftText(ms: number | undefined): string {
  return ms === undefined ? '' : `${formatDuration(ms)} left`;
}

/** What moved, and what is to be moved, without what cost no time: rates and times left are of these. */
export function amountsMoved(amounts: Amounts): {
  readonly done: number;
  readonly total: number | undefined;
} {
  const { bytesDone, bytesSkipped = 0, totalBytes } = amounts;
  return {
    done: bytesDone - bytesSkipped,
    total: totalBytes === undefined ? undefined : totalBytes - bytesSkipped,
  };
}

/** The common part of every progress line: bytes, files, rate, time left. `meter` has noted the bytes that moved. */
export function amountsText(amounts: Amounts, meter: RateMeter): string {
  const perSecond = meter.perSecond();
  const total = amounts.totalBytes;
  const bytes = formatBytes(amounts.bytesDone) + (total === undefined ? '' : ` of ${formatBytes(total)}`);
  return [
    bytes,
    count(amounts.filesDone, 'file'),
    perSecond === undefined ? '' : rate(perSecond, 1000),
    leftText(meter.remainingMs(amountsMoved(amounts).total)),
  ]
    .filter((part) => part !== '')
    .join('  ');
}

export function holdersJson(
  copies: readonly HolderCopies[],
): { peer_id: string; name: string; chunks: number }[] {
  return copies.map(({ peer, name, chunks }) => ({ peer_id: peer, name, chunks }));
}

/** Fields as restic's `snapshots --json`, with counts of our own. */
export function snapshotJson(snapshot: SnapshotInfo): Readonly<Record<string, unknown>> {
  return {
    id: snapshot.id,
    short_id: shortId(snapshot.id),
    time: new Date(snapshot.timeMs).toISOString(),
    hostname: snapshot.host,
    username: snapshot.user,
    paths: snapshot.paths,
    tags: snapshot.tags,
    ...(snapshot.parent === undefined ? {} : { parent: snapshot.parent }),
    ...(snapshot.original === undefined ? {} : { original: snapshot.original }),
    program_version: snapshot.program,
    total_files: snapshot.files,
    total_dirs: snapshot.directories,
    total_links: snapshot.links,
    total_bytes: snapshot.bytes,
  };
}
