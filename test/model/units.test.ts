import { describe, expect, it } from 'vitest';
import { formatBytes, formatDuration, parseBytes } from '../../src/model/units.ts';

describe('units', () => {
  it('reads sizes as people write them', () => {
    expect(['0', '800', '1KiB', '1.5 GiB', '2tb', '50G', '3 MB'].map(parseBytes)).toEqual([
      0, 800, 1024, 1610612736, 2e12, 53687091200, 3e6,
    ]);
  });

  it.each(['', 'x', '-1', '5 parsecs', '1e9', '99999999999TiB'])('refuses %j as a size', (text) => {
    expect(() => parseBytes(text)).toThrow(expect.objectContaining({ code: 'usage' }));
  });

  it('writes sizes and durations with three digits or so', () => {
    expect([0, 999, 1000, 1536, 52 * 2 ** 20, 2 ** 40].map(formatBytes)).toEqual([
      '0 B',
      '999 B',
      '0.98 KiB',
      '1.50 KiB',
      '52.0 MiB',
      '1.00 TiB',
    ]);
    expect([12, 1500, 65_000, 7_384_000].map(formatDuration)).toEqual([
      '12 ms',
      '1.5 s',
      '1 min 05 s',
      '2 h 03 min',
    ]);
  });
});
