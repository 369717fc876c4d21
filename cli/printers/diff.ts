/** The differences of two snapshots: restic's marks and JSON lines, and what they come to. */
import {
  type DiffChange,
  type DiffCounts,
  type DiffSummary,
  formatBytes,
  type SnapshotInfo,
} from '../../src/index.ts';
import type { Session } from '../terminal/session.ts';
import { count, localTime, printable, shortId } from './words.ts';

export interface DiffPrinter {
  readonly begin: (from: SnapshotInfo, to: SnapshotInfo) => void;
  readonly change: (change: DiffChange) => void;
  readonly end: (from: SnapshotInfo, to: SnapshotInfo, summary: DiffSummary) => void;
}

function named({ id, timeMs, host }: SnapshotInfo): string {
  return `${shortId(id)} (${localTime(timeMs)}, ${printable(host)})`;
}

function countsJson({
  files,
  directories,
  links,
  specials,
  bytes,
}: DiffCounts): Readonly<Record<string, number>> {
  return { files, dirs: directories, others: links + specials, bytes };
}

function countsText({ files, directories, links, specials, bytes }: DiffCounts): string {
  const parts = [
    `${count(files, 'file')} (${formatBytes(bytes)})`,
    count(directories, 'folder'),
    ...(links > 0 ? [count(links, 'link')] : []),
    ...(specials > 0 ? [count(specials, 'pipe or device', 'pipes and devices')] : []),
  ];
  return parts.join(', ');
}

export function diffPrinter(session: Session): DiffPrinter {
  return {
    begin: (from, to) => session.tell(`from ${named(from)} to ${named(to)}`),
    change: ({ path, mark, type }) => {
      const shown = type === 'directory' ? `${path}/` : path;
      session.print(`${mark}    ${printable(shown)}`);
      session.emit({ message_type: 'change', path: shown, modifier: mark });
    },
    end: (from, to, { added, removed, changedFiles, changedBytesFrom, changedBytesTo }) => {
      const sizes = `${formatBytes(changedBytesFrom)} before, ${formatBytes(changedBytesTo)} after`;
      session.tell(`added:    ${countsText(added)}`);
      session.tell(`removed:  ${countsText(removed)}`);
      session.tell(`modified: ${count(changedFiles, 'file')}${changedFiles > 0 ? ` (${sizes})` : ''}`);
      session.emit({
        message_type: 'statistics',
        source_snapshot: from.id,
        target_snapshot: to.id,
        changed_files: changedFiles,
        changed_bytes_before: changedBytesFrom,
        changed_bytes_after: changedBytesTo,
        added: countsJson(added),
        removed: countsJson(removed),
      });
    },
  };
}
