/** Sealed chunks on their way to the disk: what is missing is asked for once, what comes again and again is kept (T4). */
import { describe, expect, it } from 'vitest';
import { SealedChunks } from '../../src/backup/sealed-chunks.ts';
import { utf8 } from '../../src/model/bytes.ts';
import { KiB, MiB } from '../../src/model/units.ts';
import { SeededRandom } from '../../src/runtime/seeded-random.ts';
import { HandMadeSnapshot } from './hand-made-snapshot.ts';

const random = new SeededRandom('sealed');
const { signal } = new AbortController();

function chunkOf(snapshot: HandMadeSnapshot, plain: Uint8Array): Uint8Array {
  return snapshot.bundle([plain])[0]?.chunk ?? new Uint8Array();
}

describe('sealed chunks', () => {
  it('gives bytes that are the caller’s own, however often a chunk is asked for', async () => {
    const snapshot = new HandMadeSnapshot();
    const chunk = chunkOf(snapshot, utf8('small'));
    const chunks = new SealedChunks(snapshot);
    const first = await chunks.get(chunk, signal);
    const wanted = first.slice();
    first.fill(0);
    const second = await chunks.get(chunk, signal);
    second.fill(0);
    expect(await chunks.get(chunk, signal)).toEqual(wanted);
    expect(snapshot.gets).toBe(1);
  });

  it('keeps a large chunk when it is asked for the second time, as far as there is room', async () => {
    const snapshot = new HandMadeSnapshot();
    const chunks = new SealedChunks(snapshot);
    const large = Array.from({ length: 12 }, () => chunkOf(snapshot, random.bytes(MiB)));
    const [first = new Uint8Array()] = large;
    for (let i = 0; i < 3; i++) await chunks.get(first, signal);
    expect(snapshot.gets).toBe(2);
    for (const chunk of [...large, ...large]) await chunks.get(chunk, signal);
    snapshot.gets = 0;
    await chunks.get(first, signal);
    expect(snapshot.gets).toBe(1);
  });

  it('does not ask again for what could not be had, unless it was told to stop', async () => {
    const snapshot = new HandMadeSnapshot();
    const chunk = chunkOf(snapshot, random.bytes(100 * KiB));
    const chunks = new SealedChunks(snapshot);
    const stopped = new AbortController();
    stopped.abort(new Error('stop'));
    snapshot.before = async ({ signal: given }) => given?.throwIfAborted();
    await expect(chunks.get(chunk, stopped.signal)).rejects.toThrow('stop');
    snapshot.fail(chunk, () => undefined);
    for (let i = 0; i < 2; i++) {
      await expect(chunks.get(chunk, signal)).rejects.toMatchObject({ code: 'lost' });
    }
    expect(snapshot.gets).toBe(2);
  });
});
