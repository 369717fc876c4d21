/** The folders above the snapshots, laid out as `restic mount` does: by time, id, host and tag, and the latest of each. */

export interface MountedSnapshot {
  readonly id: string;
  readonly timeMs: number;
  readonly host: string;
  readonly tags: readonly string[];
}

/** A folder of folders; a snapshot where the way down ends. */
export type SnapshotFolder<T> = ReadonlyMap<string, SnapshotPlace<T>>;

export type SnapshotPlace<T> = SnapshotFolder<T> | { readonly snapshot: T };

type Shelf<T> = Map<string, { readonly snapshot: T }>;

const SHORT_ID = 8;
const LATEST = 'latest';

/** `snapshots` oldest first. Names hold no "/", ":" or "\", so that every system can show them. */
export function snapshotFolders<T extends MountedSnapshot>(
  snapshots: readonly T[],
  timeZone: string,
): SnapshotFolder<T> {
  const format = localTime(timeZone);
  const ids: Shelf<T> = new Map();
  const times: Shelf<T> = new Map();
  const hosts = new Map<string, Shelf<T>>();
  const tags = new Map<string, Shelf<T>>();
  for (const snapshot of snapshots) {
    const time = format(snapshot.timeMs);
    const short = snapshot.id.slice(0, SHORT_ID);
    ids.set(ids.has(short) ? snapshot.id : short, { snapshot });
    place(times, time, snapshot);
    place(shelf(hosts, folderName(snapshot.host)), time, snapshot);
    for (const tag of new Set(snapshot.tags.map(folderName))) place(shelf(tags, tag), time, snapshot);
  }
  for (const each of [times, ...hosts.values(), ...tags.values()]) addLatest(each);
  const latest = times.get(LATEST);
  return new Map<string, SnapshotPlace<T>>([
    ['hosts', hosts],
    ['ids', ids],
    ...(latest ? [[LATEST, latest] as const] : []),
    ['snapshots', times],
    ['tags', tags],
  ]);
}

export function isSnapshot<T>(place: SnapshotPlace<T>): place is { readonly snapshot: T } {
  return 'snapshot' in place;
}

/** Of two made in one second the later one has its id in its name, so that names stay as they are when more come. */
function place<T extends MountedSnapshot>(onto: Shelf<T>, time: string, snapshot: T): void {
  const name = onto.has(time) ? `${time}-${snapshot.id.slice(0, SHORT_ID)}` : time;
  onto.set(onto.has(name) ? `${time}-${snapshot.id}` : name, { snapshot });
}

function addLatest<T extends MountedSnapshot>(to: Shelf<T>): void {
  const newest = [...to.values()].at(-1);
  if (newest) to.set(LATEST, newest);
}

function shelf<T>(among: Map<string, Shelf<T>>, name: string): Shelf<T> {
  const found = among.get(name) ?? new Map();
  among.set(name, found);
  return found;
}

/** Hosts and tags are any text; two that become one name share a folder. */
function folderName(text: string): string {
  const safe = text.toWellFormed().replace(/[\p{Cc}\ufffd-\uffff/\\:*?"<>|]/gu, '_');
  return /^[. ]*$/.test(safe) ? '_' : safe;
}

/** "2026-11-27T14-58-43" */
function localTime(timeZone: string): (ms: number) => string {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  });
  return (ms) => {
    const parts = new Map(format.formatToParts(ms).map(({ type, value }) => [type, value]));
    const get = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? '';
    return `${get('year')}-${get('month')}-${get('day')}T${get('hour')}-${get('minute')}-${get('second')}`;
  };
}
