/** What the demo found, as a short table and as one JSON line, and whether it proved what it set out to prove. */
import { formatBytes, formatDuration, systemClock, type VaultStatusReport } from '../../src/index.ts';
import { count, localTime, printable, rate } from '../printers/words.ts';
import type { Session } from '../terminal/session.ts';
import type { DemoResult } from './run-demo.ts';

const SHOWN = 10;

function least(status: VaultStatusReport): number {
  return status.histogram.length === 0 ? 0 : Math.min(...status.histogram.map(({ copies }) => copies));
}

/** Zones in which every chunk of the snapshot has a copy. */
function zones(status: VaultStatusReport): number {
  return status.snapshots.at(-1)?.zonesMin ?? 0;
}

/** Reasons why this run proves nothing or the opposite; empty when all is well. */
function failures(result: DemoResult): readonly string[] {
  const found: string[] = [];
  const { backup, restore, comparison, before, after } = result;
  if (backup.copiesMin < backup.copiesTarget)
    found.push(`only ${backup.copiesMin} of ${backup.copiesTarget} copies`);
  if (least(before) < backup.copiesTarget)
    found.push(`a chunk had only ${least(before)} copies before the kill`);
  if (least(after) < 1) found.push('a chunk had no copy left after the kill');
  if (restore.failedCount > 0) found.push(`${count(restore.failedCount, 'file')} could not be restored`);
  if (restore.alarms.length > 0) found.push('the logs raised an alarm');
  if (comparison.real.length > 0) found.push(count(comparison.real.length, 'difference'));
  if (comparison.files === 0) found.push('no file was compared');
  return found;
}

function clientPeakBytes(): number {
  return process.resourceUsage().maxRSS * 1024;
}

function rows(result: DemoResult): readonly (readonly [string, string])[] {
  const { backup, restore, comparison, before, after } = result;
  const { peerPeakBytes, compareMs } = result;
  return [
    ['source', `${count(backup.filesProcessed, 'file')}, ${formatBytes(backup.bytesProcessed)}`],
    [
      'stored',
      `${count(before.chunks, 'chunk')}, ${formatBytes(backup.dataAddedSealed)} sealed, ${least(before)} copies of each in ${zones(before)} zones`,
    ],
    ['backup', `${formatDuration(backup.durationMs)}, ${rate(backup.bytesProcessed, backup.durationMs)}`],
    [
      'killed',
      `${result.killed.join(' and ')}; at least ${count(least(after), 'copy', 'copies')} left of each chunk`,
    ],
    ['restore', `${formatDuration(restore.durationMs)}, ${rate(restore.bytes, restore.durationMs)}`],
    ['compared', `${formatDuration(compareMs)}, ${count(comparison.real.length, 'difference')}`],
    [
      'memory',
      `client ${formatBytes(clientPeakBytes())}${peerPeakBytes === undefined ? '' : `, largest peer ${formatBytes(peerPeakBytes)}`} at most`,
    ],
  ];
}

function printDifferences(session: Session, result: DemoResult): void {
  const { real, changedMeanwhile, unreadable, othersOwn } = result.comparison;
  for (const { path, kind, expected, actual } of real.slice(0, SHOWN)) {
    session.warn(`${printable(path)}: ${kind}: expected ${printable(expected)}, found ${printable(actual)}`);
  }
  if (changedMeanwhile.length > 0) {
    const names = changedMeanwhile.slice(0, SHOWN).map(printable).join(', ');
    session.warn(
      `${count(changedMeanwhile.length, 'path')} changed in the source while the demo ran, so the copy is of an earlier moment: ${names}`,
    );
  }
  if (unreadable.length > 0) {
    session.warn(`${count(unreadable.length, 'path')} could not be read and are not in the backup`);
  }
  if (othersOwn.length > 0) {
    session.warn(`${count(othersOwn.length, 'path')} belong to others: only root can restore owners`);
  }
}

/** Prints, and returns the exit code: 0 only when everything came back. */
export function reportDemo(session: Session, result: DemoResult, startedMs: number): number {
  const wrong = failures(result);
  const { backup, restore, comparison } = result;
  printDifferences(session, result);
  session.emit({
    message_type: 'summary',
    passed: wrong.length === 0,
    failures: wrong,
    started: new Date(startedMs).toISOString(),
    total_files: backup.filesProcessed,
    total_bytes: backup.bytesProcessed,
    chunks: result.before.chunks,
    bytes_sealed: backup.dataAddedSealed,
    copies_min: backup.copiesMin,
    copies_min_after_kill: least(result.after),
    killed: result.killed,
    backup_duration: backup.durationMs / 1000,
    restore_duration: restore.durationMs / 1000,
    compare_duration: result.compareMs / 1000,
    backup_mb_per_second: backup.bytesProcessed / 1e3 / backup.durationMs,
    restore_mb_per_second: restore.bytes / 1e3 / restore.durationMs,
    differences: comparison.real.length,
    changed_meanwhile: comparison.changedMeanwhile.length,
    unreadable: comparison.unreadable.length,
    owners_not_restored: comparison.othersOwn.length,
    client_peak_rss_bytes: clientPeakBytes(),
    ...(result.peerPeakBytes === undefined ? {} : { peer_peak_rss_bytes: result.peerPeakBytes }),
  });
  session.print('');
  for (const [what, text] of rows(result)) session.print(`${what.padEnd(10)}${text}`);
  session.print(
    wrong.length === 0
      ? `\nEverything came back (${localTime(systemClock.now())}).`
      : `\nFAILED: ${wrong.join('; ')}.`,
  );
  return wrong.length === 0 ? 0 : 1;
}
