/** The files of a snapshot: names alone, a long form with -v, or JSON lines with restic's field names. */
import { formatBytes, type ListedNode, type SnapshotInfo } from '../../src/index.ts';
import type { Session } from '../terminal/session.ts';
import { localTime, printable, shortId, snapshotJson } from './words.ts';

export interface ListingPrinter {
  readonly snapshot: (snapshot: SnapshotInfo) => void;
  readonly node: (node: ListedNode) => void;
  /** Resolves when there is room for more. */
  readonly room: () => Promise<void>;
}

/** What a node is called in JSON; restic's words. */
export const TYPE_WORDS = {
  file: 'file',
  directory: 'dir',
  symlink: 'symlink',
  fifo: 'fifo',
  'char-device': 'chardev',
  'block-device': 'dev',
} as const;
const TYPE_LETTERS = {
  file: '-',
  directory: 'd',
  symlink: 'l',
  fifo: 'p',
  'char-device': 'c',
  'block-device': 'b',
} as const;

/** "rwxr-xr-x", with s and t where setuid, setgid and sticky are. */
export function permissionText(mode: number): string {
  const letters = Array.from('rwxrwxrwx', (letter, index) => ((mode >> (8 - index)) & 1 ? letter : '-'));
  const special = (bit: number, at: number, letter: string): void => {
    if ((mode & bit) !== 0) letters[at] = letters[at] === 'x' ? letter : letter.toUpperCase();
  };
  special(0o4000, 2, 's');
  special(0o2000, 5, 's');
  special(0o1000, 8, 't');
  return letters.join('');
}

/** RFC 3339 with all nine digits. */
function timeText(seconds: number, nanoseconds: number): string {
  const whole = new Date(seconds * 1000).toISOString().slice(0, 19);
  return `${whole}.${String(nanoseconds).padStart(9, '0')}Z`;
}

export interface LongForm {
  /** Sizes as "1.2 MiB". */
  readonly humanReadable?: boolean;
}

/** Mode, owner, size, time, path and link target, as "ls -l" shows them. */
export function longLine(node: ListedNode, { humanReadable = false }: LongForm = {}): string {
  const owner = printable(`${node.user ?? node.uid}:${node.group ?? node.gid}`).padEnd(11);
  const bytes = humanReadable ? formatBytes(node.size) : String(node.size);
  const number = node.device ? `${node.device.major}, ${node.device.minor}` : '';
  const size = (node.type === 'file' ? bytes : number).padStart(11);
  const target = node.target === undefined ? '' : ` -> ${printable(node.target)}`;
  const letters = TYPE_LETTERS[node.type] + permissionText(node.mode);
  return `${letters} ${owner} ${size} ${localTime(node.mtimeSeconds * 1000)} ${printable(node.path)}${target}`;
}

/** restic's field names. */
export function nodeJson(node: ListedNode): Readonly<Record<string, unknown>> {
  return {
    name: node.name,
    type: TYPE_WORDS[node.type],
    path: node.path,
    uid: node.uid,
    gid: node.gid,
    ...(node.user === undefined ? {} : { user: node.user }),
    ...(node.group === undefined ? {} : { group: node.group }),
    ...(node.type === 'file' ? { size: node.size } : {}),
    mode: node.mode,
    permissions: TYPE_LETTERS[node.type] + permissionText(node.mode),
    mtime: timeText(node.mtimeSeconds, node.mtimeNanoseconds),
    ...(node.birthSeconds === undefined
      ? {}
      : { btime: timeText(node.birthSeconds, node.birthNanoseconds ?? 0) }),
    ...(node.device ? { device_major: node.device.major, device_minor: node.device.minor } : {}),
    ...(node.target === undefined ? {} : { linktarget: node.target }),
  };
}

/** `long`: with everything on each line. */
export function listingPrinter(session: Session, long?: LongForm): ListingPrinter {
  return {
    snapshot: (snapshot) => {
      session.emit({ message_type: 'snapshot', struct_type: 'snapshot', ...snapshotJson(snapshot) });
      if (session.mode.verbose) {
        session.detail(`snapshot ${shortId(snapshot.id)} of ${localTime(snapshot.timeMs)}, ${snapshot.host}`);
      }
    },
    node: (node) => {
      session.print(long || session.mode.verbose ? longLine(node, long) : printable(node.path));
      session.emit({ message_type: 'node', struct_type: 'node', ...nodeJson(node) });
    },
    room: session.drained,
  };
}
