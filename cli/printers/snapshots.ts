/** The list of snapshots, as a table and as JSON lines. */
import { formatBytes, type SnapshotInfo } from '../../src/index.ts';
import type { Session } from '../terminal/session.ts';
import { tableLines } from '../terminal/table.ts';
import { count, localTime, printable, shortId, snapshotJson } from './words.ts';

export function printSnapshots(session: Session, snapshots: readonly SnapshotInfo[]): void {
  for (const snapshot of snapshots) {
    session.emit({ message_type: 'snapshot', ...snapshotJson(snapshot) });
  }
  if (snapshots.length === 0) {
    session.print('no snapshots yet');
    return;
  }
  const rows = snapshots.map((snapshot) => [
    shortId(snapshot.id),
    localTime(snapshot.timeMs),
    printable(snapshot.host),
    printable(snapshot.tags.join(',')),
    snapshot.files.toLocaleString('en-US'),
    formatBytes(snapshot.bytes),
    printable(snapshot.paths.join(', ')),
  ]);
  const columns = [
    { title: 'ID' },
    { title: 'Time' },
    { title: 'Host' },
    { title: 'Tags' },
    { title: 'Files', right: true },
    { title: 'Size', right: true },
    { title: 'Paths' },
  ];
  for (const line of tableLines(columns, rows)) session.print(line);
  session.tell(count(snapshots.length, 'snapshot'));
}
