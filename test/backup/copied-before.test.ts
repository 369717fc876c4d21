/** Which snapshots are copied already: by what the other vault's name as their originals, straight or by way of others. */
import { describe, expect, it } from 'vitest';
import { CopiedBefore, type KnownSnapshots } from '../../src/backup/copied-before.ts';
import type { Snapshot } from '../../src/format/snapshot.ts';
import { utf8 } from '../../src/model/bytes.ts';
import type { SnapshotRecord } from '../../src/vault/log-books.ts';

function record(id: string, more: Partial<Snapshot> = {}): SnapshotRecord {
  const snapshot: Snapshot = {
    time: 1_000,
    host: 'laptop',
    user: 'me',
    paths: [utf8('/home')],
    tags: [],
    root: [],
    stats: { files: 3, directories: 1, links: 0, bytes: 30 },
    device: new Uint8Array(32),
    program: 'p',
    ...more,
  };
  return { id, snapshot, device: 0 };
}

function copyOf(one: SnapshotRecord, from: Partial<KnownSnapshots>, to: Partial<KnownSnapshots>) {
  const none = { live: [], forgotten: [] };
  return new CopiedBefore({ ...none, ...from }, { ...none, ...to }).copyOf(one)?.id;
}

const S = record('S');
const COPY = record('copy', { original: 'S' });
const LESS = { files: 2, directories: 1, links: 0, bytes: 20 };

describe('a snapshot is copied already', () => {
  it('when a live one there names it, also after its tags were changed or files taken out there', () => {
    expect(copyOf(S, { live: [S] }, {})).toBeUndefined();
    expect(copyOf(S, { live: [S] }, { live: [COPY] })).toBe('copy');
    expect(copyOf(S, { live: [S] }, { forgotten: [COPY] })).toBeUndefined();
    const tagged = record('tagged', { original: 'copy', tags: ['t'] });
    expect(copyOf(S, { live: [S] }, { live: [tagged], forgotten: [COPY] })).toBe('tagged');
    const less = record('less', { original: 'copy', stats: LESS });
    expect(copyOf(S, { live: [S] }, { live: [less], forgotten: [COPY] })).toBe('less');
  });

  it('when what it was made from is, and it differs in its tags alone', () => {
    const tagged = record('S2', { original: 'S', tags: ['t'] });
    expect(copyOf(tagged, { live: [tagged], forgotten: [S] }, { live: [COPY] })).toBe('copy');
    const twice = record('S3', { original: 'S2' });
    expect(copyOf(twice, { live: [twice], forgotten: [S, tagged] }, { live: [COPY] })).toBe('copy');
    const back = record('S4', { original: 'S' });
    const ofTagged = record('copy2', { original: 'S2' });
    expect(copyOf(back, { live: [back], forgotten: [S, tagged] }, { live: [ofTagged] })).toBe('copy2');
  });

  it('but not when it has less in it than that, or another host or time', () => {
    for (const more of [{ stats: LESS }, { host: 'tower' }, { time: 999 }, { paths: [utf8('/srv')] }]) {
      const changed = record('S2', { original: 'S', ...more });
      expect(copyOf(changed, { live: [changed], forgotten: [S] }, { live: [COPY] })).toBeUndefined();
    }
  });

  it('and snapshots that name each other are no trap', () => {
    const a = record('a', { original: 'b' });
    const b = record('b', { original: 'a' });
    expect(copyOf(S, { live: [S, a], forgotten: [b] }, { live: [a], forgotten: [b] })).toBeUndefined();
  });
});
