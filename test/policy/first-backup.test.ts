import { describe, expect, it } from 'vitest';
import { GiB, MiB } from '../../src/model/units.ts';
import { type BenchRates, firstBackup } from '../../src/policy/first-backup.ts';

const FAST: BenchRates = { sealRate: 400 * MiB, readRate: 800 * MiB };

function withPeers(copies: number, ...rates: readonly (number | undefined)[]): BenchRates {
  const peers = rates.map((sendRate, at) => ({
    name: `peer-${at}`,
    ...(sendRate === undefined ? {} : { sendRate }),
  }));
  return { ...FAST, mesh: { copies, peers } };
}

describe('what a first backup of 100 GiB takes', () => {
  it.each([
    ['processor', { sealRate: 100 * MiB, readRate: 800 * MiB }],
    ['disk', { sealRate: 400 * MiB, readRate: 50 * MiB }],
    ['processor', { sealRate: 100 * MiB }],
    ['line', withPeers(3, 10 * MiB, 10 * MiB, 10 * MiB)],
    ['peer', withPeers(3, 50 * MiB, 50 * MiB, 2 * MiB)],
    ['processor', withPeers(3, 4096 * MiB, 4096 * MiB, 4096 * MiB)],
  ] as const)('is held up by the %s', (bottleneck, rates) => {
    expect(firstBackup(rates).bottleneck).toBe(bottleneck);
  });

  it('is the time of the slowest stage, as they run at the same time', () => {
    expect(firstBackup({ sealRate: 100 * MiB, readRate: 200 * MiB })).toMatchObject({
      bytes: 100 * GiB,
      fastestSeconds: 1024,
      slowestSeconds: 1024,
      lineMeasured: false,
    });
  });

  it('counts one upload where holders pass chunks on, and one a copy where they do not (T2)', () => {
    const { fastestSeconds, slowestSeconds, sentences } = firstBackup(
      withPeers(3, 10 * MiB, 10 * MiB, 10 * MiB, 10 * MiB),
    );
    expect([fastestSeconds, slowestSeconds]).toEqual([10_240, 30_720]);
    expect(sentences[0]).toBe(
      'A first backup of 100 GiB would take about 2 h 50 min to 8 h 30 min; what holds it up is the line to the peers (10.0 MiB/s).',
    );
    expect(sentences.at(-1)).toContain('3 copies on 4 peers in equal shares');
    expect(sentences.at(-1)).toContain('the shorter time when each chunk is sent once');
  });

  it('makes as many copies as there are peers, and says one number where the two times are one', () => {
    const { slowestSeconds, sentences } = firstBackup(withPeers(3, 10 * MiB));
    expect(slowestSeconds).toBe(10_240);
    expect(sentences[0]).toContain('about 2 h 50 min;');
    expect(sentences.at(-1)).toContain('1 copy on 1 peer in equal shares');
    expect(sentences.at(-1)).not.toContain('the shorter time');
  });

  it('waits for a slow peer by its share only', () => {
    const { slowestSeconds } = firstBackup(withPeers(1, 100 * MiB, 100 * MiB, 100 * MiB, 10 * MiB));
    expect(slowestSeconds).toBe((100 * GiB) / 4 / (10 * MiB));
  });

  it('never passes for a whole answer when sending was not measured', () => {
    for (const rates of [FAST, withPeers(3), withPeers(3, undefined, undefined)]) {
      const { lineMeasured, sentences } = firstBackup(rates);
      expect(lineMeasured).toBe(false);
      expect(sentences[0]).toMatch(/^Reading and sealing 100 GiB here would take/);
      expect(sentences[1]).toContain('sending takes was not measured');
    }
  });

  it('names a disk that was not measured among the assumptions', () => {
    expect(firstBackup({ sealRate: 1 }).sentences.at(-1)).toContain('a disk that is fast enough');
    expect(firstBackup(FAST).sentences.at(-1)).not.toContain('a disk that is fast enough');
  });
});
