/** Threads that open chunks and write files: the same on disk as without them, and nothing hangs when one ends. */
import * as fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { compareFolders } from '../../src/backup/compare-folders.ts';
import { inlineUnpackers } from '../../src/backup/inline-unpackers.ts';
import { NodeFileTarget, type NodeFileTargetOptions } from '../../src/backup/node-file-target.ts';
import { type RestoreResult, runRestore } from '../../src/backup/restore.ts';
import { threadUnpackers } from '../../src/backup/thread-unpackers.ts';
import type { PieceJob } from '../../src/backup/unpackers.ts';
import { sealChunk } from '../../src/crypto/chunk-cipher.ts';
import {
  contentKeysOf,
  deriveVaultKeys,
  type OpeningKeys,
  scopeSecret,
} from '../../src/crypto/vault-keys.ts';
import { ChunkKind } from '../../src/format/kinds.ts';
import { utf8 } from '../../src/model/bytes.ts';
import { KiB, MiB } from '../../src/model/units.ts';
import { SeededRandom } from '../../src/runtime/seeded-random.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import { HandMadeSnapshot, linkTo, TEST_KEYS } from './hand-made-snapshot.ts';
import { temporaryFolder } from './temporary-folder.ts';

const OPTIONS = { owners: false, newFiles: { umask: 0o22, uid: 0, gid: 0 }, label: 't' };
const random = new SeededRandom('threads');

function restore(
  snapshot: HandMadeSnapshot,
  root: ReturnType<HandMadeSnapshot['pages']>,
  folder: string,
  unpackers: NodeFileTargetOptions['unpackers'],
): Promise<RestoreResult> {
  return runRestore({
    root,
    reader: snapshot,
    keys: TEST_KEYS,
    target: new NodeFileTarget({ folder, keys: TEST_KEYS, unpackers }),
    overwrite: 'fail',
    clock: systemClock,
  });
}

/** Enough incompressible bytes for threads to begin: bundles of many files, large files, links and all that can go wrong. */
function mixture(): { snapshot: HandMadeSnapshot; root: ReturnType<HandMadeSnapshot['pages']> } {
  const snapshot = new HandMadeSnapshot();
  const folders = Array.from({ length: 12 }, (_, d) => {
    const refs = snapshot.bundle(Array.from({ length: 60 }, (_, i) => random.bytes(20 * KiB + i)));
    const files = refs.map((ref, i) => ({
      ...snapshot.file(`f${i}`, []),
      mode: [0o644, 0o600, 0o777, 0o4711][i % 4] ?? 0,
      size: ref.length,
      content: [ref],
      ...(i % 20 === 0 ? { xattrs: [{ name: utf8('user.i'), value: utf8(`${i}`) }] } : {}),
    }));
    const large = snapshot.file(
      'large',
      [0, 1, 2].map((i) => random.bytes(700 * KiB + i)),
      { hardLink: `1:${d}` },
    );
    return snapshot.directory(`d${d}`, [
      ...files,
      large,
      { ...large, name: utf8('same') },
      linkTo('link', 'f0'),
      snapshot.file('empty', []),
    ]);
  });
  const rotten = snapshot.file('rotten', [random.bytes(MiB)]);
  for (const { chunk } of rotten.content) snapshot.fail(chunk, () => new Uint8Array(MiB).fill(1));
  return { snapshot, root: snapshot.pages([...folders, rotten]) };
}

describe('unpacking in threads', () => {
  it('restores exactly what unpacking in place restores, failures included (C6, C7)', async () => {
    const { snapshot, root } = mixture();
    const [inPlace, inThreads] = ['a', 'b'].map((name) => path.join(temporaryFolder(), name));
    if (!inPlace || !inThreads) throw new Error('fixture');
    const expected = await restore(snapshot, root, inPlace, inlineUnpackers);
    const actual = await restore(snapshot, root, inThreads, threadUnpackers);
    expect(actual).toEqual(expected);
    expect(actual).toMatchObject({ files: 12 * 63, failedCount: 1, failed: [{ code: 'corrupt' }] });
    const { differences, files } = await compareFolders({ expected: inPlace, actual: inThreads });
    expect(differences).toEqual([]);
    expect(files).toBe(12 * 63);
  });

  it('writes a file in the order in which its parts arrive, from several threads', async () => {
    const file = path.join(temporaryFolder(), 'file');
    const fd = fs.openSync(file, 'w');
    const parts = Array.from({ length: 24 }, () => random.bytes(300 * KiB));
    const unpackers = threadUnpackers(TEST_KEYS, OPTIONS);
    const jobs = parts.map((plain, i): PieceJob => {
      const { bytes: sealed } = sealChunk(TEST_KEYS, ChunkKind.content, plain);
      return {
        sealed,
        offset: 0,
        length: plain.length,
        fd,
        position: i * 300 * KiB,
        sparse: false,
        sums: false,
      };
    });
    const faults = await Promise.all(jobs.reverse().map((job) => unpackers.piece(job)));
    await unpackers.close();
    fs.closeSync(fd);
    expect(faults.every(({ fault }) => fault === undefined)).toBe(true);
    expect(fs.readFileSync(file).equals(Buffer.concat(parts))).toBe(true);
  });

  it("opens in every thread what a device of another scope sealed, with an owner's keys and not with those of a third", async () => {
    const owner = deriveVaultKeys(new Uint8Array(32).fill(7));
    const [scope, other] = [new Uint8Array(16).fill(1), new Uint8Array(16).fill(2)];
    const scoped = contentKeysOf(scopeSecret(owner, scope), scope);
    const third = contentKeysOf(scopeSecret(owner, other), other);
    const codes = async (keys: OpeningKeys): Promise<unknown[]> => {
      const fd = fs.openSync(path.join(temporaryFolder(), 'file'), 'w');
      const unpackers = threadUnpackers(keys, OPTIONS);
      const jobs = Array.from({ length: 6 }, (_, i): PieceJob => {
        const { bytes: sealed } = sealChunk(scoped, ChunkKind.content, random.bytes(2 * MiB));
        return { sealed, offset: 0, length: 9, fd, position: i * 9, sparse: false, sums: false };
      });
      const results = await Promise.all(jobs.map((job) => unpackers.piece(job)));
      await unpackers.close();
      fs.closeSync(fd);
      return [...new Set(results.map(({ fault }) => fault?.code))];
    };
    expect(await codes(owner)).toEqual([undefined]);
    expect(await codes(scoped)).toEqual([undefined]);
    expect(await codes(third)).toEqual(['denied']);
  });

  it('tells who waits when it is closed, and does nothing afterwards', async () => {
    const unpackers = threadUnpackers(TEST_KEYS, OPTIONS);
    const job = (): PieceJob => {
      const { bytes: sealed } = sealChunk(TEST_KEYS, ChunkKind.content, random.bytes(3 * MiB));
      return { sealed, offset: 0, length: 1, fd: -1, position: 0, sparse: false, sums: false };
    };
    await unpackers.piece(job());
    const waiting = [job(), job(), job()].map((each) =>
      unpackers.piece(each).catch((error: unknown) => error),
    );
    await unpackers.close();
    const closed = expect.objectContaining({ code: 'closed' }) as unknown;
    expect(await Promise.all(waiting)).toContainEqual(closed);
    await expect(unpackers.piece(job())).rejects.toEqual(closed);
  });
});
