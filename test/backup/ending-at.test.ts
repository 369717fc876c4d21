/** A file that never stops growing is read to where it was, and no further. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { endingAt } from '../../src/backup/ending-at.ts';
import type { FileSource, SourceFile } from '../../src/backup/file-source.ts';
import { nodeFileSource } from '../../src/backup/node-file-source.ts';
import { KiB, MiB } from '../../src/model/units.ts';
import { Rehearsal } from './rehearsal.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** Before each read of it, `more` bytes are appended: whoever reads on to the end reads for ever. */
function growing(path: string, more: number): FileSource {
  const inner = nodeFileSource();
  const open = (asked: string): SourceFile => {
    const file = inner.open(asked);
    if (asked !== path) return file;
    const read = (into: Uint8Array, position: number): number => {
      fs.appendFileSync(path, Buffer.alloc(more, 'n'));
      return file.read(into, position);
    };
    return { ...file, read };
  };
  return { ...inner, open };
}

describe('a file that is written faster than it is read', () => {
  it.each([
    ['a little at a time', 10, 1],
    ['out of its bundle', 10, MiB],
    ['while it is cut', 3 * MiB, MiB],
  ])('is kept as far as it went at some time: it grows %s', async (_how, size, more) => {
    const folder = temporaryFolder();
    const path = join(folder, 'log');
    fs.writeFileSync(path, Buffer.alloc(size, 'o'));
    const mesh = new Rehearsal();
    const device = mesh.device();
    const result = await device.backup([folder], { source: growing(path, more) });
    expect(result).toMatchObject({ totalFiles: 1, changedWhileRead: 1 });
    expect(result.totalBytes).toBeLessThan(fs.statSync(path).size);
    fs.truncateSync(path, result.totalBytes);
    const kept = (await mesh.differences(device, result.snapshotId, folder)) as { kind: string }[];
    expect(kept.map(({ kind }) => kind)).toEqual(['mtime']);
    expect(await device.backup([folder])).toMatchObject({ filesChanged: 1 });
  });

  it('is read whole when its size is said to be 0, as in /proc', () => {
    const bytes = new Uint8Array(KiB);
    const file = { stat: () => expect.fail(), read: () => bytes.length, close: () => undefined };
    expect(endingAt(file, 0).read(new Uint8Array(2 * KiB), 0)).toBe(KiB);
  });
});
