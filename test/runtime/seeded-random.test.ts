import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../src/runtime/seeded-random.ts';
import { systemRandom } from '../../src/runtime/system-random.ts';

describe('SeededRandom', () => {
  it('repeats itself for one seed and for nothing else (S2)', () => {
    expect(new SeededRandom(1).bytes(64)).toEqual(new SeededRandom(1).bytes(64));
    expect(new SeededRandom(1).bytes(64)).not.toEqual(new SeededRandom(2).bytes(64));
    expect(new SeededRandom(1).fork('a').bytes(8)).toEqual(new SeededRandom(1).fork('a').bytes(8));
    expect(new SeededRandom(1).fork('a').bytes(8)).not.toEqual(new SeededRandom(1).fork('b').bytes(8));
  });

  it('gives the same bytes on every machine', () => {
    expect(Buffer.from(new SeededRandom('vault').bytes(8)).toString('hex')).toMatchInlineSnapshot(
      `"dc1773a9af62f2dc"`,
    );
  });

  it('spreads evenly', () => {
    const random = new SeededRandom(7);
    const counts = Array.from({ length: 10 }, () => 0);
    for (let i = 0; i < 20_000; i++) {
      const slot = random.below(10);
      counts[slot] = (counts[slot] ?? 0) + 1;
    }
    for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(200);
    const mean = Array.from({ length: 20_000 }, () => random.fraction()).reduce((a, b) => a + b) / 20_000;
    expect(mean).toBeCloseTo(0.5, 1);
  });
});

describe('systemRandom', () => {
  it('gives as many bytes as asked, never twice the same', () => {
    expect(systemRandom.bytes(32)).toHaveLength(32);
    expect(systemRandom.bytes(32)).not.toEqual(systemRandom.bytes(32));
    expect(systemRandom.fraction()).toBeLessThan(1);
  });
});
