import { describe, expect, it } from 'vitest';
import { chooseSnapshot, chooseSnapshots, listedSnapshots } from '../../src/api/choose-snapshots.ts';
import { utf8 } from '../../src/model/bytes.ts';
import type { SnapshotRecord } from '../../src/vault/log-books.ts';

function record(
  number: number,
  host: string,
  tags: readonly string[],
  paths: readonly string[],
): SnapshotRecord {
  return {
    id: String(number).repeat(64),
    device: 1,
    snapshot: {
      time: number,
      host,
      user: 'u',
      paths: paths.map(utf8),
      tags,
      root: [],
      stats: { files: 0, directories: 0, links: 0, bytes: 0 },
      device: new Uint8Array(32),
      program: 'test',
    },
  };
}

const RECORDS = [
  record(1, 'a', ['x', 'y'], ['/home', '/etc']),
  record(2, 'b', [], ['/home']),
  record(3, 'a', ['x'], ['/home']),
  record(4, 'b', ['z'], ['/srv']),
];
const numbers = (records: readonly SnapshotRecord[]): string => records.map(({ id }) => id[0]).join('');

describe('the snapshot that is meant', () => {
  it.each([
    ['latest', {}, '4'],
    ['latest~0', {}, '4'],
    ['latest~3', {}, '1'],
    ['latest', { hosts: ['a'] }, '3'],
    ['latest~1', { hosts: ['a'] }, '1'],
    ['latest', { tags: [['']] }, '2'],
    ['latest', { tags: [['x', 'y'], ['nowhere']] }, '1'],
    ['latest', { paths: ['/home'] }, '3'],
    ['latest', { paths: ['/home', '/etc'] }, '1'],
    ['2222', { hosts: ['a'] }, '2'],
  ])('%s with %j is number %s', (name, filter, number) => {
    expect(numbers([chooseSnapshot(RECORDS, name, filter)])).toBe(number);
  });

  it.each([
    ['latest~4', {}, 'there are 4'],
    ['latest', { hosts: ['c'] }, 'no such snapshot'],
    ['latest~x', {}, 'no snapshot id'],
    ['55', {}, 'no snapshot begins with 55'],
  ])('%s with %j is none, which is said', (name, filter, words) => {
    expect(() => chooseSnapshot(RECORDS, name, filter)).toThrow(words);
  });

  it('is one of several: those that are named, each once, or all that fit, oldest first', () => {
    expect(numbers(chooseSnapshots(RECORDS, ['latest', '1', '4444']))).toBe('14');
    expect(numbers(chooseSnapshots(RECORDS, [], { hosts: ['a', 'b'], tags: [['x'], ['z']] }))).toBe('134');
    expect(numbers(chooseSnapshots(RECORDS))).toBe('1234');
  });

  it('is listed when it fits, and with --latest when it is among the newest of its host and paths', () => {
    const ids = (options: Parameters<typeof listedSnapshots>[1]): string =>
      listedSnapshots(RECORDS, options)
        .map(({ id }) => id[0])
        .join('');
    expect(ids({})).toBe('1234');
    expect(ids({ names: ['2', 'latest'] })).toBe('24');
    expect(ids({ hosts: ['a'] })).toBe('13');
    const again = [...RECORDS, record(5, 'a', [], ['/home']), record(6, 'a', [], ['/etc', '/home'])];
    const newest = listedSnapshots(again, { latest: 1 }).map(({ id }) => id[0]);
    expect(newest.join('')).toBe('2456');
    expect(listedSnapshots(again, { latest: 1, tags: [['x']] }).map(({ id }) => id[0])).toEqual(['1', '3']);
    expect(listedSnapshots(again, { latest: 9 })).toHaveLength(6);
  });
});
