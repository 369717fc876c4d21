import { expect, it } from 'vitest';
import {
  isSnapshot,
  type SnapshotFolder,
  type SnapshotPlace,
  snapshotFolders,
} from '../../src/webdav/snapshot-folders.ts';

interface Taken {
  readonly id: string;
  readonly timeMs: number;
  readonly host: string;
  readonly tags: readonly string[];
}

const at = (second: number): number => Date.UTC(2026, 10, 27, 13, 0, second);
const taken = (id: string, second: number, host: string, ...tags: string[]): Taken => ({
  id: id.repeat(64),
  timeMs: at(second),
  host,
  tags,
});

/** "a/b" to the letter of the snapshot there. */
function flat(folder: SnapshotFolder<Taken>, above = ''): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, place] of folder as ReadonlyMap<string, SnapshotPlace<Taken>>) {
    if (isSnapshot(place)) found[above + name] = place.snapshot.id.slice(0, 1);
    else Object.assign(found, flat(place, `${above}${name}/`));
  }
  return found;
}

it('sorts snapshots by time, id, host and tag, with the latest of each, in the time of this place', () => {
  const folders = snapshotFolders([taken('a', 1, 'home', 'x', 'y'), taken('b', 2, 'nas')], 'Europe/Berlin');
  expect(flat(folders)).toEqual({
    'hosts/home/2026-11-27T14-00-01': 'a',
    'hosts/home/latest': 'a',
    'hosts/nas/2026-11-27T14-00-02': 'b',
    'hosts/nas/latest': 'b',
    'ids/aaaaaaaa': 'a',
    'ids/bbbbbbbb': 'b',
    latest: 'b',
    'snapshots/2026-11-27T14-00-01': 'a',
    'snapshots/2026-11-27T14-00-02': 'b',
    'snapshots/latest': 'b',
    'tags/x/2026-11-27T14-00-01': 'a',
    'tags/x/latest': 'a',
    'tags/y/2026-11-27T14-00-01': 'a',
    'tags/y/latest': 'a',
  });
});

it('has the shelves also while there is no snapshot', () => {
  expect([...snapshotFolders([], 'UTC').keys()]).toEqual(['hosts', 'ids', 'snapshots', 'tags']);
});

it('loses none of two snapshots of one second, and renames none when another comes', () => {
  const [first, second, third] = [taken('a', 1, 'h'), taken('b', 1, 'h'), taken('c', 1, 'h')];
  const two = flat(snapshotFolders([first, second], 'UTC'));
  expect(two).toMatchObject({
    'snapshots/2026-11-27T13-00-01': 'a',
    'snapshots/2026-11-27T13-00-01-bbbbbbbb': 'b',
  });
  expect(flat(snapshotFolders([first, second, third], 'UTC'))).toMatchObject({
    ...two,
    latest: 'c',
    'snapshots/latest': 'c',
    'hosts/h/latest': 'c',
  });
});

it('makes folder names of hosts and tags that every system can show', () => {
  const names = Object.keys(flat(snapshotFolders([taken('a', 1, '..', 'a/b', 'c:d', '\n')], 'UTC')));
  for (const folder of ['hosts/_/latest', 'tags/a_b/latest', 'tags/c_d/latest', 'tags/_/latest']) {
    expect(names).toContain(folder);
  }
});
