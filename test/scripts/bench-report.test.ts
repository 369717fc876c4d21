import { describe, expect, it } from 'vitest';
import { verdicts } from '../../scripts/bench/goals.ts';
import { Ledger } from '../../scripts/bench/ledger.ts';
import { countDhtMessages } from '../../scripts/bench/mesh/dht-messages.ts';
import { parseBench } from '../../scripts/bench/options.ts';
import { type BenchReport, reportJson } from '../../scripts/bench/report/bench-report.ts';
import { reportLines } from '../../scripts/bench/report/print.ts';
import { tableLines } from '../../scripts/bench/report/table.ts';
import { boundText, inUnit } from '../../scripts/bench/report/words.ts';

describe('a table', () => {
  it('is aligned, has numbers to the right and no empty columns', () => {
    const columns = [{ title: 'tool' }, { title: 'nothing' }, { title: 'wall', right: true }];
    const rows = [
      ['vault', undefined, '1.0 s'],
      ['a longer name', '', '12.0 s'],
    ];
    expect(tableLines(columns, rows)).toEqual([
      'tool             wall',
      'vault           1.0 s',
      'a longer name  12.0 s',
    ]);
  });

  it('speaks in units', () => {
    expect(inUnit(2.345, 'times')).toBe('2.35x');
    expect(inUnit(0.9, 'share')).toBe('90%');
    expect(boundText({ most: 100 }, 'ms')).toBe('at most 100 ms');
    expect(boundText({ least: 3 }, 'times')).toBe('at least 3.00x');
  });
});

/** One case, one rival, two runs. */
function report(more: Partial<BenchReport> = {}): BenchReport {
  const ledger = new Ledger();
  const name = { case: 'engine', data: 'big', step: 'initial' };
  for (const run of [0, 100]) {
    const sample = { cpuMs: 10, peakRssBytes: 2 ** 27, writtenBytes: 0 };
    ledger.add({ ...name, tool: 'restic 1.0 auto' }, true, { ...sample, wallMs: 4000 + run });
    ledger.add({ ...name, tool: 'vault engine' }, false, { ...sample, wallMs: 1000 + run });
  }
  ledger.restoresCompared = 4;
  return {
    machine: {
      processor: 'P',
      cores: 2,
      memoryBytes: 2 ** 33,
      system: 'Linux',
      node: '24.0.0',
      commit: 'abc',
      startedAt: '2026-01-01T00:00:00.000Z',
      loadAtStart: 0.1,
    },
    options: parseBench(['--cases', 'engine', '--runs', '2']),
    tools: ['restic 1.0 auto'],
    data: [{ name: 'big', files: 2, bytes: 100 }],
    ledger,
    verdicts: verdicts(ledger),
    failed: [],
    ...more,
  };
}

describe('the report of a benchmark', () => {
  it('shows ours before the rival, the ratio, the goal and whether it is met', () => {
    const lines = reportLines(report());
    const ours = lines.find((line) => line.includes('vault engine'));
    expect(ours).toMatch(/^big +initial +vault engine +1\.1 s .* 3\.86x {2}3\.86x, at least 3\.00x: met$/);
    expect(lines.indexOf(ours ?? '')).toBeLessThan(lines.findIndex((line) => /initial {2}restic/.test(line)));
    expect(lines.at(-1)).toBe('4 restores compared with their source: all identical');
    expect(lines.join('\n')).not.toMatch(/BUSY/);
  });

  it('says aloud what must not be overlooked', () => {
    const { machine, ledger } = report();
    ledger.skipped.push({ case: 'shaped', why: 'needs root' });
    ledger.differences.push('vault: x: content');
    const failed = [{ case: 'mesh', why: 'no peer' }];
    const text = reportLines(report({ machine: { ...machine, loadAtStart: 3 }, ledger, failed })).join('\n');
    expect(text).toMatch(/THE MACHINE WAS BUSY/);
    expect(text).toMatch(/skipped in shaped: needs root/);
    expect(text).toMatch(/DIFFERENT: vault: x/);
    expect(text).toMatch(/FAILED: mesh: no peer/);
    expect(text).toMatch(/1 DIFFERENCES$/);
  });

  it('carries every sample, medians and goals in JSON', () => {
    const json: unknown = JSON.parse(JSON.stringify(reportJson(report())));
    expect(json).toMatchObject({
      format: 'vault-bench-1',
      options: { quick: false, cases: ['engine'], runs: 2 },
      rows: [
        { tool: 'restic 1.0 auto', rival: true, medians: { wallMs: 4050 }, samples: [{ wallMs: 4000 }, {}] },
        { tool: 'vault engine', rival: false, medians: { wallMs: 1050 } },
      ],
      goals: [{ data: 'big', least: 3, met: true }, { what: 'peak memory of the client, all cases' }],
      restores: { compared: 4, differences: [] },
      failed: [],
    });
  });
});

describe('messages to the DHT', () => {
  it('are counted from the log of libp2p', () => {
    const said = '2026-01-01T00:00:00.000Z libp2p:kad-dht:network';
    expect(countDhtMessages(`${said} sending FIND_NODE to 12D3KooWx`)).toBe(1);
    expect(countDhtMessages(`${said} dialling 12D3KooWx`)).toBe(0);
    expect(countDhtMessages('a warning: sending is slow')).toBe(0);
  });
});
