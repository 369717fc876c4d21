/** The list of snapshots, as tables and as JSON lines. */
import { formatBytes, type GroupKey, type SnapshotInfo } from '../../src/index.ts';
import type { Session } from '../terminal/session.ts';
import { tableLines } from '../terminal/table.ts';
import { groupText } from './group-text.ts';
import { count, localTime, printable, shortId, snapshotJson } from './words.ts';

export interface SnapshotsForm {
  /** Without counts and paths. */
  readonly compact: boolean;
  /** One table for each value of these; empty for one of all. */
  readonly groupBy: readonly GroupKey[];
  /** Some were asked for, not all. */
  readonly chosen: boolean;
}

const COLUMNS = [{ title: 'ID' }, { title: 'Time' }, { title: 'Host' }, { title: 'Tags' }];
const MORE = [{ title: 'Files', right: true }, { title: 'Size', right: true }, { title: 'Paths' }];

export function printSnapshots(
  session: Session,
  snapshots: readonly SnapshotInfo[],
  { compact, groupBy, chosen }: SnapshotsForm = { compact: false, groupBy: [], chosen: false },
): void {
  for (const snapshot of snapshots) {
    session.emit({ message_type: 'snapshot', ...snapshotJson(snapshot) });
  }
  if (snapshots.length === 0) {
    session.print(chosen ? 'no such snapshots' : 'no snapshots yet');
    return;
  }
  const groups = Map.groupBy(snapshots, (snapshot) => groupText(keyOf(snapshot, groupBy)));
  for (const [text, members] of groups) {
    if (groupBy.length > 0) session.print(`snapshots${text}:`);
    for (const line of tableLines(compact ? COLUMNS : [...COLUMNS, ...MORE], members.map(cellsOf))) {
      session.print(line);
    }
    if (groupBy.length > 0) session.print('');
  }
  session.tell(count(snapshots.length, 'snapshot'));

  function cellsOf(snapshot: SnapshotInfo): readonly string[] {
    const { id, timeMs, host, tags, files, bytes, paths } = snapshot;
    const first = [shortId(id), localTime(timeMs), printable(host), printable(tags.join(','))];
    if (compact) return first;
    return [...first, files.toLocaleString('en-US'), formatBytes(bytes), printable(paths.join(', '))];
  }
}

function keyOf(
  { host, paths, tags }: SnapshotInfo,
  groupBy: readonly GroupKey[],
): Parameters<typeof groupText>[0] {
  return {
    ...(groupBy.includes('host') ? { host } : {}),
    ...(groupBy.includes('paths') ? { paths: paths.toSorted() } : {}),
    ...(groupBy.includes('tags') ? { tags: tags.toSorted() } : {}),
  };
}
