/** The list of snapshots as people read it: one table, or one for each group. */
import { expect, it } from 'vitest';
import { printSnapshots, type SnapshotsForm } from '../../cli/printers/snapshots.ts';
import { createSession } from '../../cli/terminal/session.ts';
import type { SnapshotInfo } from '../../src/index.ts';
import { fakeTerminal } from './fake-terminal.ts';

const ALL: SnapshotsForm = { compact: false, groupBy: [], chosen: false };

function snapshot(letter: string, host: string, tags: readonly string[]): SnapshotInfo {
  return {
    id: letter.repeat(64),
    timeMs: 0,
    host,
    user: 'me',
    paths: ['/home'],
    tags,
    program: 'p',
    files: 3,
    directories: 1,
    links: 0,
    bytes: 2048,
  };
}

function printed(snapshots: readonly SnapshotInfo[], form: SnapshotsForm): readonly string[] {
  const terminal = fakeTerminal();
  const mode = { json: false, quiet: false, verbose: false };
  printSnapshots(createSession(terminal, mode, new AbortController().signal), snapshots, form);
  return terminal
    .out()
    .split('\n')
    .map((line) => line.replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/, 'TIME').replace(/ +/g, ' '));
}

it('is one table, with counts and paths or compact', () => {
  const one = [snapshot('a', 'nas', ['x'])];
  expect(printed(one, ALL)).toEqual([
    'ID Time Host Tags Files Size Paths',
    'aaaaaaaa TIME nas x 3 2.00 KiB /home',
    '1 snapshot',
    '',
  ]);
  expect(printed(one, { ...ALL, compact: true }).slice(0, 2)).toEqual([
    'ID Time Host Tags',
    'aaaaaaaa TIME nas x',
  ]);
});

it('is one table for each host or tags, in the order of their oldest', () => {
  const three = [snapshot('a', 'nas', []), snapshot('b', 'tower', ['x']), snapshot('c', 'nas', ['x'])];
  const lines = printed(three, { ...ALL, compact: true, groupBy: ['host'] });
  expect(lines).toEqual([
    'snapshots of host nas:',
    'ID Time Host Tags',
    'aaaaaaaa TIME nas',
    'cccccccc TIME nas x',
    '',
    'snapshots of host tower:',
    'ID Time Host Tags',
    'bbbbbbbb TIME tower x',
    '',
    '3 snapshots',
    '',
  ]);
  expect(printed(three, { ...ALL, groupBy: ['tags'] })).toContain('snapshots of tags (none):');
});

it('says whether there are none at all, or none of those', () => {
  expect(printed([], ALL)).toEqual(['no snapshots yet', '']);
  expect(printed([], { ...ALL, chosen: true })).toEqual(['no such snapshots', '']);
});
