/** A stream is backed up as it comes, as one file; when it fails there is no snapshot. */
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { listTree } from '../../src/backup/list.ts';
import { OpenedChunks } from '../../src/backup/opened-chunks.ts';
import { pathText } from '../../src/backup/path-text.ts';
import { streamSource } from '../../src/backup/stream-source.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import { KEYS, Rehearsal } from './rehearsal.ts';

async function* parts(...given: readonly (Uint8Array | Error)[]): AsyncGenerator<Uint8Array> {
  for (const part of given) {
    if (part instanceof Error) throw part;
    yield part;
  }
}

async function backUp(path: string, open: () => AsyncIterable<Uint8Array>, signal?: AbortSignal) {
  const device = new Rehearsal().device();
  const stop = signal ? { signal } : {};
  const source = streamSource({ path, open, clock: systemClock, uid: 1000, gid: 100, ...stop });
  const run = device.backup([path], { source, ...stop });
  return { device, run };
}

describe('a stream', () => {
  it('becomes one file below its folders, byte for byte', async () => {
    const bytes = randomBytes(5_000_000);
    const cuts = [
      bytes.subarray(0, 10),
      new Uint8Array(0),
      bytes.subarray(10, 2_000_001),
      bytes.subarray(2_000_001),
    ];
    const { device, run } = await backUp('/db/dump.sql', () => parts(...cuts));
    const result = await run;
    expect(result).toMatchObject({ filesNew: 1, totalBytes: bytes.length, directories: 1 });
    const chunks = new OpenedChunks(device.mesh.store, KEYS);
    const root = device.state.snapshots()[0]?.snapshot.root ?? [];
    const found: string[] = [];
    for await (const entry of listTree({ root, recursive: true, chunks })) {
      found.push(pathText(entry.path));
      if (!('node' in entry) || entry.node.type !== 'file') continue;
      expect(entry.node).toMatchObject({ mode: 0o644, uid: 1000, gid: 100, size: bytes.length });
      const content = await Promise.all(entry.node.content.map((ref) => chunks.bytes(1, ref)));
      expect(Buffer.concat(content).equals(bytes)).toBe(true);
    }
    expect(found).toEqual(['db', 'db/dump.sql']);
  });

  it.each([
    ['fails at its end', () => parts(Buffer.from('much'), new Error('dump failed')), 'dump failed'],
    ['is empty', () => parts(), 'no data came'],
    ['has empty parts only', () => parts(new Uint8Array(0)), 'no data came'],
  ])('that %s makes no snapshot', async (_how, open, why) => {
    const { device, run } = await backUp('/stdin', open);
    await expect(run).rejects.toThrow(why);
    expect(device.state.snapshots()).toEqual([]);
  });

  it('that never ends can be given up, and whoever writes is told', async () => {
    const stop = new AbortController();
    let told = false;
    const open = (): AsyncIterable<Uint8Array> => ({
      [Symbol.asyncIterator]: () => ({
        next: () => {
          queueMicrotask(() => stop.abort(new Error('stopped')));
          return new Promise(() => undefined);
        },
        return: async () => {
          told = true;
          return { done: true, value: undefined };
        },
      }),
    });
    const { run } = await backUp('/stdin', open, stop.signal);
    await expect(run).rejects.toThrow('stopped');
    expect(told).toBe(true);
  });
});
