import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/model/bytes.ts';
import { MemoryDisk } from '../../src/runtime/memory-disk.ts';
import { SeededRandom } from '../../src/runtime/seeded-random.ts';
import { SimulatedClock } from '../../src/runtime/simulated-clock.ts';
import { diskConformance } from '../conformance/disk.ts';

diskConformance('MemoryDisk', async () => {
  const disk = new MemoryDisk();
  await disk.write('/data/x', []);
  await disk.remove('/data/x');
  return {
    disk,
    folder: '/data',
    leavePartial: (below) => disk.write(`${below}/.keep.17.part`, [utf8('torn')]),
    end: async () => undefined,
  };
});

describe('MemoryDisk.crash', () => {
  it('keeps all that was acknowledged and never shows half a file, whatever was going on (L5)', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.array(fc.nat(9), { maxLength: 12 }), async (seed, writes) => {
        const clock = new SimulatedClock();
        const disk = new MemoryDisk({ random: new SeededRandom(seed), pace: () => clock.sleep(10) });
        const content = (n: number): Uint8Array => new Uint8Array(100 + n).fill(n);
        await clock.until(disk.write('/kept', [content(200)]));
        const cut = writes.map((n) =>
          expect(disk.write(`/f${n}`, [content(n)])).rejects.toMatchObject({ code: 'closed' }),
        );
        await clock.advance(15);
        disk.crash();
        await clock.advance(100);
        await Promise.all(cut);
        await disk.sweep('/');
        expect(await disk.read('/kept')).toEqual(content(200));
        for (const n of writes) expect([undefined, content(n)]).toContainEqual(await disk.read(`/f${n}`));
        expect(await disk.list('/')).toEqual(disk.paths().map((path) => path.slice(1)));
      }),
      { numRuns: 50 },
    );
  });

  it('runs full at its size and says so', async () => {
    const disk = new MemoryDisk({ totalBytes: 100 });
    await disk.write('/a', [new Uint8Array(90)]);
    await expect(disk.write('/b', [new Uint8Array(11)])).rejects.toMatchObject({ code: 'no-space' });
    await disk.remove('/a');
    await disk.write('/b', [new Uint8Array(100)]);
    expect(await disk.space('/')).toEqual({ totalBytes: 100, freeBytes: 0 });
  });

  it('tells when a file was written, touched or moved here by its own clock', async () => {
    let now = 5;
    const disk = new MemoryDisk({ now: () => now });
    await disk.write('/a', [utf8('x')]);
    now = 7;
    await disk.move('/a', '/b');
    expect(await disk.stat('/b')).toMatchObject({ modifiedMs: 5 });
    await disk.touch('/b');
    expect(await disk.stat('/b')).toMatchObject({ modifiedMs: 7 });
  });

  it('rots and fails where it is told to', async () => {
    const disk = new MemoryDisk();
    await disk.write('/a', [utf8('good')]);
    expect(disk.damage('/a', () => utf8('bad'))).toBe(true);
    expect(await disk.read('/a')).toEqual(utf8('bad'));
    disk.fault = (operation) => {
      if (operation === 'read') throw new Error('bad sector');
    };
    await expect(disk.read('/a')).rejects.toThrow('bad sector');
  });
});
