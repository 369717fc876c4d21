import { describe, expect, it } from 'vitest';
import { verdicts } from '../../scripts/bench/goals.ts';
import { figureOf, Ledger, wallOf } from '../../scripts/bench/ledger.ts';
import type { Sample } from '../../scripts/bench/sample.ts';
import { median, ratio } from '../../scripts/bench/statistics.ts';

const MiB = 2 ** 20;

function sample(wallMs: number, more: Partial<Sample> = {}): Sample {
  return { wallMs, cpuMs: wallMs, peakRssBytes: 100 * MiB, writtenBytes: 0, ...more };
}

describe('medians and ratios', () => {
  it('take the middle, whatever the order, and the mean of two middles', () => {
    expect(median([5, 1, 100])).toBe(5);
    expect(median([4, 1, 2, 100])).toBe(3);
    expect(median([7])).toBe(7);
  });

  it('say nothing of nothing', () => {
    expect(median([])).toBeUndefined();
    expect(ratio(1, undefined)).toBeUndefined();
    expect(ratio(undefined, 1)).toBeUndefined();
    expect(ratio(1, 0)).toBeUndefined();
    expect(ratio(6, 2)).toBe(3);
  });
});

describe('the ledger', () => {
  it('keeps a row for each case, data, step and tool, with a sample for each run', () => {
    const ledger = new Ledger();
    const name = { case: 'engine', data: 'src', step: 'initial', tool: 'vault engine' };
    for (const wallMs of [30, 10, 20])
      ledger.add(name, false, sample(wallMs, { figures: { storedBytes: wallMs } }));
    ledger.add({ ...name, tool: 'restic 1.0 auto' }, true, sample(60));
    expect(ledger.rows()).toHaveLength(2);
    const [row] = ledger.find({ tool: 'vault engine' });
    expect(wallOf(row)).toBe(20);
    expect(figureOf(row, 'storedBytes')).toBe(20);
    expect(figureOf(row, 'dhtMessages')).toBeUndefined();
    expect(ledger.find({ case: 'mesh' })).toEqual([]);
  });

  it('tells listeners each sample', () => {
    const ledger = new Ledger();
    const heard: number[] = [];
    ledger.onSample((_name, { wallMs }) => heard.push(wallMs));
    ledger.add({ case: 'c', data: 'd', step: 's', tool: 't' }, false, sample(1));
    expect(heard).toEqual([1]);
  });
});

describe('the goals', () => {
  const engine = (data: string, step: string, oursMs: number, resticMs: number, stored = [1, 1]): Ledger => {
    const ledger = new Ledger();
    const name = { case: 'engine', data, step };
    const [ours, theirs] = stored.map((storedBytes) => ({ figures: { storedBytes: storedBytes ?? 0 } }));
    ledger.add({ ...name, tool: 'vault engine' }, false, sample(oursMs, ours));
    ledger.add({ ...name, tool: 'restic 1.0 auto' }, true, sample(resticMs, theirs));
    return ledger;
  };
  const of = (ledger: Ledger, what: RegExp) => verdicts(ledger).filter((verdict) => what.test(verdict.what));

  it('compare medians with restic, rival over ours', () => {
    expect(of(engine('big', 'initial', 100, 300), /speed/)).toMatchObject([{ value: 3, met: true }]);
    expect(of(engine('big', 'initial', 100, 299), /speed/)).toMatchObject([{ met: false }]);
    expect(of(engine('src', 'unchanged', 100, 390), /speed/)).toMatchObject([{ value: 3.9, met: false }]);
  });

  it('want no more bytes stored than a share of what restic stores', () => {
    expect(of(engine('src', 'initial', 1, 3, [88, 100]), /stored/)).toMatchObject([
      { value: 0.88, met: true },
    ]);
    expect(of(engine('src', 'initial', 1, 3, [89, 100]), /stored/)).toMatchObject([{ met: false }]);
    expect(of(engine('big', 'initial', 1, 3, [101, 100]), /stored/)).toMatchObject([{ met: true }]);
  });

  it('say nothing where a rival, or the case, was not measured', () => {
    const ledger = new Ledger();
    ledger.add({ case: 'engine', data: 'big', step: 'initial', tool: 'vault engine' }, false, sample(1));
    expect(verdicts(ledger).map(({ what }) => what)).toEqual(['peak memory of the client, all cases']);
    expect(verdicts(new Ledger())).toEqual([]);
  });

  it('take the largest peak of any run of ours, and none of a rival', () => {
    const ledger = new Ledger();
    const name = { case: 'growth', data: '1 GiB', step: 'initial' };
    ledger.add({ ...name, tool: 'vault' }, false, sample(1, { peakRssBytes: 240 * MiB }));
    ledger.add({ ...name, tool: 'vault' }, false, sample(1, { peakRssBytes: 251 * MiB }));
    ledger.add({ ...name, tool: 'restic' }, true, sample(1, { peakRssBytes: 900 * MiB }));
    expect(verdicts(ledger)).toMatchObject([{ value: 251 * MiB, met: false }]);
  });

  it('compare three holders with one, and a bulk transfer with its link', () => {
    const ledger = new Ledger();
    const fetch = { case: 'shaped', data: '50 Mbit/s', step: 'restore' };
    ledger.add({ ...fetch, tool: 'vault, 3 holders' }, false, sample(100));
    ledger.add({ ...fetch, tool: 'vault, 1 holder' }, false, sample(260));
    const far = { case: 'shaped', data: '100 ms', step: 'backup', tool: 'vault, 1 holder' };
    ledger.add(far, false, sample(100, { figures: { shareOfRate: 0.89 } }));
    expect(of(ledger, /times one holder/)).toMatchObject([{ value: 2.6, met: true }]);
    expect(of(ledger, /link's rate/)).toMatchObject([{ value: 0.89, met: false }]);
  });

  it('want repair at its limit, and for less than one processor', () => {
    const ledger = new Ledger();
    const lost = { case: 'repair', data: '512 MiB', step: 'lost holder' };
    const at = { shareOfRate: 0.89, shareOfOneCore: 1 };
    ledger.add({ ...lost, tool: 'vault, limit 8 MiB/s' }, false, sample(1, { figures: at }));
    ledger.add({ ...lost, tool: 'vault, no limit' }, false, sample(1, { figures: { shareOfOneCore: 1.7 } }));
    expect(of(ledger, /of the limit/)).toMatchObject([{ value: 0.89, met: false }]);
    expect(of(ledger, /of one core/)).toMatchObject([{ value: 1, met: true }]);
  });

  it('hold relayed pushes, and only these, to one upload', () => {
    const ledger = new Ledger();
    const push = { case: 'shaped', data: '20 Mbit/s', step: 'backup' };
    const figures = { sentPerSealed: 1.04, timePerSealed: 1.2 };
    ledger.add({ ...push, tool: 'vault, relay' }, false, sample(1, { figures }));
    ledger.add({ ...push, tool: 'vault, direct' }, false, sample(1, { figures: { sentPerSealed: 3 } }));
    expect(of(ledger, /sealed|uplink/).map(({ met }) => met)).toEqual([true, false]);
  });
});
