import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildPrograms } from '../../scripts/bench/build.ts';
import { BenchContext } from '../../scripts/bench/context.ts';
import { makeQuickData } from '../../scripts/bench/data/quick-data.ts';
import { verdicts } from '../../scripts/bench/goals.ts';
import { Ledger } from '../../scripts/bench/ledger.ts';
import { thisMachine } from '../../scripts/bench/machine.ts';
import { parseBench } from '../../scripts/bench/options.ts';
import { reportJson } from '../../scripts/bench/report/bench-report.ts';
import { runSeries } from '../../scripts/bench/series.ts';
import { engineTool } from '../../scripts/bench/tools/engine.ts';
import { Workspace } from '../../scripts/bench/workspace.ts';
import { temporaryFolder } from '../backup/temporary-folder.ts';

const BENCH = path.resolve(import.meta.dirname, '../../scripts/bench.ts');

describe.runIf(process.platform === 'linux')('the engine of the benchmark', () => {
  it('backs up, restores identically, forgets, and is told in JSON', { timeout: 120_000 }, async () => {
    const root = temporaryFolder();
    makeQuickData(root, { files: 120, largeBytes: 10_000 });
    const workspace = new Workspace({ keep: false, settle: false });
    try {
      const programs = await buildPrograms(workspace);
      const options = parseBench(['--quick', '--runs', '1', '--cases', 'engine']);
      const set = { name: 'src', folder: path.join(root, 'src'), files: 120, bytes: 1 };
      const data = { root, sets: [set] };
      const ledger = new Ledger();
      const context = new BenchContext({ options, workspace, programs, data, rivals: [], ledger });
      const steps = ['initial', 'edit', 'restore', 'one file', 'check', 'forget+prune'] as const;
      await runSeries(context, {
        case: 'engine',
        root,
        set,
        steps,
        tools: [engineTool(workspace, programs)],
      });
      const machine = thisMachine();
      const report = {
        machine,
        options,
        tools: [],
        data: [],
        ledger,
        verdicts: verdicts(ledger),
        failed: [],
      };
      expect(JSON.parse(JSON.stringify(reportJson(report)))).toMatchObject({
        format: 'vault-bench-1',
        rows: steps.map((step) => ({ data: 'src', step, tool: 'vault engine', samples: [{}] })),
        restores: { compared: 2, differences: [] },
      });
      for (const { samples } of ledger.rows()) {
        expect(samples[0]?.cpuMs).toBeGreaterThan(0);
        expect(samples[0]?.peakRssBytes).toBeGreaterThan(2 ** 24);
      }
      const [first, edited] = ledger.rows().map(({ samples }) => samples[0]?.figures?.storedBytes ?? 0);
      expect(edited).toBeGreaterThan(first ?? 0);
    } finally {
      await workspace.end();
    }
    expect(fs.existsSync(path.join(root, '.undo'))).toBe(false);
    expect(fs.existsSync(workspace.root)).toBe(false);
  });

  it('says how the benchmark is used when it is not understood', () => {
    const { status, stderr } = spawnSync(process.execPath, [BENCH, '--fast'], { encoding: 'utf8' });
    expect(status).toBe(2);
    expect(stderr).toMatch(/usage: npm run bench/);
  });
});
