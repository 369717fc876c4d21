import { describe, expect, it } from 'vitest';
import { formatBytes, formatDuration, parseBytes, parseDuration } from '../../src/model/units.ts';

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
    expect([12, 1500, 65_000, 7_384_000, 86_400_000, 14.5 * 86_400_000].map(formatDuration)).toEqual([
      '12 ms',
      '1.5 s',
      '1 min 05 s',
      '2 h 03 min',
      '1 d 00 h',
      '14 d 12 h',
    ]);
  });

  it('reads durations as people write them', () => {
    expect(
      ['250ms', '90s', '15min', '72h', '14d', '2w', '1.5 h', '1d 12h', ' 0s '].map(parseDuration),
    ).toEqual([250, 90_000, 900_000, 259_200_000, 1_209_600_000, 1_209_600_000, 5_400_000, 129_600_000, 0]);
  });

  it.each(['', '5', '5m', 'h', '-1h', '1y', '1h or so', '1e3s', '99999999999999w'])(
    'refuses %j as a duration',
    (text) => {
      expect(() => parseDuration(text)).toThrow(expect.objectContaining({ code: 'usage' }));
    },
  );
});
