/** What `vault rewrite` has changed: one line for each snapshot, what went from it, and what became of the old one. */

import {
  formatBytes,
  type RemovedEntry,
  type RewriteProgress,
  type RewriteReport,
  type RewrittenSnapshot,
} from '../../src/index.ts';
import type { Session } from '../terminal/session.ts';
import { TYPE_WORDS } from './listing.ts';
import { type WorkPrinter, workPrinter } from './long-work.ts';
import { tellProblems } from './transfer.ts';
import { count, localTime, printable, shortId } from './words.ts';

export interface RewritePrinter extends WorkPrinter<RewriteProgress, RewriteReport> {
  /** An entry that goes. */
  readonly removed: (entry: RemovedEntry) => void;
}

function removedText({ removed, moved }: RewrittenSnapshot): string {
  const { files, directories, links, specials, bytes } = removed;
  const parts = [
    files === 0 ? '' : `${count(files, 'file')} (${formatBytes(bytes)})`,
    directories === 0 ? '' : count(directories, 'folder'),
    links === 0 ? '' : count(links, 'link'),
    specials === 0 ? '' : count(specials, 'pipe or device', 'pipes and devices'),
  ].filter((part) => part !== '');
  const again = `${count(moved.files, 'file')} (${formatBytes(moved.bytes)}) moved to other chunks`;
  return [
    parts.length === 0 ? '' : ` without ${parts.join(', ')}`,
    moved.files === 0 ? '' : `; ${again}`,
  ].join('');
}

function changedLine({ dryRun, forget }: RewriteReport, changed: RewrittenSnapshot): string {
  const { was, now, id, forgotten } = changed;
  const said = [
    now.host === was.host ? '' : ` of host ${printable(now.host)}`,
    now.timeMs === was.timeMs ? '' : ` of ${localTime(now.timeMs)}`,
    removedText(changed),
  ].join('');
  const of = `${shortId(was.id)} of ${localTime(was.timeMs)}`;
  if (dryRun)
    return `${of} would become a snapshot${said}${forget ? '; the old one would be forgotten' : ''}`;
  const stays = forget ? '; the old one stays, as the new one has fewer copies yet' : '; the old one stays';
  return `${of} is ${shortId(id ?? '')} now${said}${forgotten ? '' : stays}`;
}

function emit(session: Session, report: RewriteReport): void {
  for (const { was, now, id, removed, moved, forgotten } of report.changed) {
    session.emit({
      message_type: 'changed',
      old_snapshot_id: was.id,
      ...(id === undefined ? {} : { new_snapshot_id: id }),
      time: new Date(now.timeMs).toISOString(),
      hostname: now.host,
      tags: now.tags,
      files_removed: removed.files,
      dirs_removed: removed.directories,
      links_removed: removed.links,
      specials_removed: removed.specials,
      bytes_removed: removed.bytes,
      files_moved: moved.files,
      bytes_moved: moved.bytes,
      forgotten,
    });
  }
  session.emit({
    message_type: 'summary',
    dry_run: report.dryRun,
    changed_snapshots: report.changed.length,
    unchanged_snapshots: report.unchanged,
    forgotten_snapshots: report.changed.filter(({ forgotten }) => forgotten).length,
    unreadable_snapshots: report.problems.length,
    chunks_added: report.chunksAdded,
    data_added_packed: report.dataAddedSealed,
    copies_target: report.copiesTarget,
    copies_min: report.copiesMin,
  });
}

function print(session: Session, report: RewriteReport): void {
  tellProblems(session, report.problems, 'rewrite');
  emit(session, report);
  for (const changed of report.changed) session.print(changedLine(report, changed));
  const { changed, unchanged, dryRun, chunksAdded, dataAddedSealed, copiesMin, copiesTarget } = report;
  const left = `, nothing to change in ${count(unchanged, 'other', 'others')}`;
  if (dryRun) {
    session.tell(`dry run: ${count(changed.length, 'snapshot')} would change${left}`);
    return;
  }
  session.tell(`changed ${count(changed.length, 'snapshot')}${left}`);
  if (chunksAdded > 0) session.tell(`sent ${count(chunksAdded, 'chunk')}, ${formatBytes(dataAddedSealed)}`);
  if (copiesMin < copiesTarget) {
    session.warn(
      `only ${copiesMin} of ${copiesTarget} copies: too few peers with room. See "vault peers"; run this again when more are there.`,
    );
  }
}

export function rewritePrinter(session: Session): RewritePrinter {
  const printer = workPrinter<RewriteProgress, RewriteReport>(session, {
    line: ({ done, total }) => `rewriting: ${done.toLocaleString('en-US')} of ${count(total, 'snapshot')}`,
    status: ({ done, total }) => ({ done, total }),
    summary: (report) => print(session, report),
  });
  return {
    ...printer,
    removed: ({ path, type, bytes }) => {
      session.emit({
        message_type: 'verbose_status',
        action: 'removed',
        item: path,
        type: TYPE_WORDS[type],
        size: bytes,
      });
      printer.aside(() =>
        session.tell(`removed   ${printable(path)}${type === 'file' ? ` (${formatBytes(bytes)})` : ''}`),
      );
    },
  };
}
