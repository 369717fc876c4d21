/** A snapshot's id follows from its bytes, and what could not be read again is not written (C6, C7). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeAnnouncement, encodeAnnouncement } from '../../src/format/announcement.ts';
import { encodeSnapshot, isSnapshotId, type Snapshot, snapshotId } from '../../src/format/snapshot.ts';
import { snapshots } from './arbitraries.ts';

const SNAPSHOT: Snapshot = {
  time: 1_700_000_000_000,
  host: 'laptop',
  user: 'ada',
  paths: [new TextEncoder().encode('/home/ada')],
  tags: ['daily'],
  root: [],
  stats: { files: 1, directories: 2, links: 3, bytes: 4 },
  device: new Uint8Array(32).fill(2),
  program: 'vault-mesh 0.1.0',
};

describe('a snapshot', () => {
  it('keeps its id inside an announcement', () => {
    fc.assert(
      fc.property(snapshots, (snapshot) => {
        const announced = decodeAnnouncement(
          encodeAnnouncement({ snapshot, index: [], forgets: [] }),
        ).snapshot;
        const id = snapshotId(encodeSnapshot(snapshot));
        expect(isSnapshotId(id)).toBe(true);
        expect(announced && snapshotId(encodeSnapshot(announced))).toBe(id);
      }),
      { numRuns: 30 },
    );
  });

  it.each([
    ['a host name of 300 letters', { host: 'h'.repeat(300) }],
    ['a time before 1970', { time: -1 }],
    ['300 tags', { tags: Array.from({ length: 300 }, () => 't') }],
    ['a parent that is no id', { parent: 'latest' }],
    ['an original that is no id', { original: 'AB'.repeat(32) }],
  ])('is not written with %s', (_, changes) => {
    expect(() => encodeSnapshot({ ...SNAPSHOT, ...changes })).toThrow();
  });
});
