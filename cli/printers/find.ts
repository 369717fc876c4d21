/** What was found: each path once, below it its versions with the snapshots that have them; or a JSON line for each version. */
import type { FoundVersion, SnapshotInfo } from '../../src/index.ts';
import type { Session } from '../terminal/session.ts';
import { longLine, nodeJson } from './listing.ts';
import { count, localTime, printable, shortId } from './words.ts';

export interface FindPrinter {
  readonly version: (version: FoundVersion) => void;
  /** `snapshots`: how many were looked at. */
  readonly end: (snapshots: number) => void;
}

/** Named one by one; of more, the first and the last. */
const MAX_NAMED = 6;

/** "in 3f2a9c01, 77ab01cd (2026-11-01 to 2026-11-03)". */
function placesText(snapshots: readonly SnapshotInfo[]): string {
  const first = snapshots[0];
  const last = snapshots.at(-1);
  if (!first || !last) return '';
  const date = ({ timeMs }: SnapshotInfo): string => localTime(timeMs).slice(0, 10);
  const when = date(first) === date(last) ? date(first) : `${date(first)} to ${date(last)}`;
  const ids = snapshots.map(({ id }) => shortId(id));
  const named =
    ids.length <= MAX_NAMED
      ? ids.join(', ')
      : `${ids.length} snapshots, ${shortId(first.id)} to ${shortId(last.id)}`;
  return `in ${named} (${when})`;
}

export function findPrinter(session: Session): FindPrinter {
  let path: string | undefined;
  let versions = 0;
  return {
    version: ({ node, snapshots }) => {
      versions++;
      if (node.path !== path) session.print(printable(node.path));
      path = node.path;
      const attributes = longLine({ ...node, path: '' }).trimEnd();
      session.print(`  ${attributes}  ${placesText(snapshots)}`);
      session.emit({
        message_type: 'match',
        ...nodeJson(node),
        snapshots: snapshots.map(({ id, timeMs, host }) => ({
          id,
          short_id: shortId(id),
          time: new Date(timeMs).toISOString(),
          hostname: host,
        })),
      });
    },
    end: (snapshots) => {
      const found = versions === 0 ? 'nothing' : count(versions, 'version');
      session.tell(`${found} found in ${count(snapshots, 'snapshot')}`);
      session.emit({ message_type: 'summary', versions, snapshots });
    },
  };
}
