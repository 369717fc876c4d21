/** What `vault forget` keeps, why, and what it drops: a table for each group of snapshots, and JSON as restic's. */
import type { ForgetGroup, ForgetReport, SnapshotInfo } from '../../src/index.ts';
import type { Session } from '../terminal/session.ts';
import { tableLines } from '../terminal/table.ts';
import { groupText } from './group-text.ts';
import { pruneFields, pruneLines } from './prune.ts';
import { count, localTime, printable, shortId, snapshotJson } from './words.ts';

const COLUMNS = [{ title: 'ID' }, { title: 'Time' }, { title: 'Host' }, { title: 'Tags' }];

function cells(snapshot: SnapshotInfo): readonly string[] {
  return [
    shortId(snapshot.id),
    localTime(snapshot.timeMs),
    printable(snapshot.host),
    printable(snapshot.tags.join(',')),
  ];
}

function keepLines(group: ForgetGroup): readonly string[] {
  if (group.keep.length === 0) return [];
  const rows = group.keep.map(({ snapshot, reasons }) => [
    ...cells(snapshot),
    reasons.map(printable).join(', '),
    printable(snapshot.paths.join(', ')),
  ]);
  return [
    `keep ${count(group.keep.length, 'snapshot')}${groupText(group.key)}:`,
    ...tableLines([...COLUMNS, { title: 'Kept as' }, { title: 'Paths' }], rows),
    '',
  ];
}

function removeLines(group: ForgetGroup): readonly string[] {
  if (group.remove.length === 0) return [];
  const rows = group.remove.map((snapshot) => [...cells(snapshot), printable(snapshot.paths.join(', '))]);
  return [
    `forget ${count(group.remove.length, 'snapshot')}${groupText(group.key)}:`,
    ...tableLines([...COLUMNS, { title: 'Paths' }], rows),
    '',
  ];
}

function groupJson(group: ForgetGroup): Readonly<Record<string, unknown>> {
  return {
    ...group.key,
    keep: group.keep.map(({ snapshot }) => snapshotJson(snapshot)),
    remove: group.remove.map(snapshotJson),
    reasons: group.keep.map(({ snapshot, reasons }) => ({ snapshot_id: snapshot.id, matches: reasons })),
  };
}

function totalLines(report: ForgetReport, kept: number): readonly string[] {
  const going = report.groups.reduce((sum, { remove }) => sum + remove.length, 0);
  if (kept + going === 0) return ['no snapshots fit'];
  if (report.dryRun) return [`dry run: would forget ${count(going, 'snapshot')} and keep ${kept}`];
  if (going === 0) return ['nothing to forget: the policy keeps every snapshot'];
  const pruned = report.prune !== undefined;
  return [
    `forgot    ${count(report.removed, 'snapshot')}${kept === 0 ? '' : `, kept ${kept}`}`,
    ...(pruned
      ? []
      : ['          holders keep their data until "vault prune"; "vault undelete" brings them back']),
  ];
}

export function printForget(session: Session, report: ForgetReport): void {
  const { groups, removed, dryRun, prune } = report;
  for (const group of groups) session.emit({ message_type: 'forget_group', ...groupJson(group) });
  const kept = groups.reduce((sum, { keep }) => sum + keep.length, 0);
  session.emit({
    message_type: 'summary',
    dry_run: dryRun,
    snapshots_kept: kept,
    snapshots_removed: dryRun ? groups.reduce((sum, { remove }) => sum + remove.length, 0) : removed,
    ...(prune === undefined ? {} : { prune: pruneFields(prune) }),
  });
  // What a dry run finds is its result, which -q leaves.
  const say = dryRun ? session.print : session.tell;
  for (const line of groups.flatMap((group) => [...keepLines(group), ...removeLines(group)])) say(line);
  for (const line of totalLines(report, kept)) say(line);
  if (prune !== undefined) for (const line of pruneLines(prune)) say(line);
}
