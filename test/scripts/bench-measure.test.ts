import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { measure } from '../../scripts/bench/measure.ts';
import { timesOf } from '../../scripts/bench/proc.ts';
import { whenHalf } from '../../scripts/bench/when-half.ts';
import { Workspace } from '../../scripts/bench/workspace.ts';

function workspace(): Workspace {
  const made = new Workspace({ keep: false, settle: false });
  onTestFinished(() => made.end());
  return made;
}

const node = (script: string): readonly string[] => [process.execPath, '-e', script];

/** Burns at least a tenth of a second of processor time, holds 64 MiB and stays until it was looked at. */
const BUSY = `const held = Buffer.alloc(64 * 2 ** 20, 1); const begin = process.cpuUsage();
while (process.cpuUsage(begin).user < 100_000); setTimeout(() => console.log(held.length), 150);`;

describe.runIf(process.platform === 'linux')('measuring a command', () => {
  it('counts its processor time, its memory and that of its children', async () => {
    const lines: string[] = [];
    const line = ['sh', '-c', `"$0" -e '${BUSY}'; true`, process.execPath];
    const sample = await measure(workspace(), { line, onLine: (text) => lines.push(text) });
    expect(lines).toEqual([String(64 * 2 ** 20)]);
    expect(sample.cpuMs).toBeGreaterThanOrEqual(100);
    expect(sample.peakRssBytes).toBeGreaterThan(64 * 2 ** 20);
    expect(sample.wallMs).toBeGreaterThan(0);
  });

  it('throws what a failing command complained about, and when there is no such command', async () => {
    const line = node('console.error("no way"); process.exit(3)');
    await expect(measure(workspace(), { line })).rejects.toThrow(/ended with 3: no way/);
    await expect(measure(workspace(), { line: ['no-such-program'] })).rejects.toThrow(
      /could not be measured/,
    );
  });

  it('acts in the middle of what a command writes', async () => {
    const bytes = 2 ** 20;
    const half = whenHalf(bytes, async () => undefined);
    const never = whenHalf(1000 * bytes, async () => undefined);
    const script = `require('fs').writeSync(1, Buffer.alloc(${bytes}).fill(10)); setTimeout(() => {}, 200)`;
    await measure(workspace(), {
      line: node(script),
      onProgress: (pid, written) => {
        half.onProgress(pid, written);
        never.onProgress(pid, written);
      },
    });
    await half.done();
    await expect(never.done()).rejects.toThrow(/half done/);
  });

  it('leaves no process and no folder when the run ends in the middle', async () => {
    const ending = workspace();
    let pid = 0;
    const measured = measure(ending, {
      line: node('setInterval(() => {}, 1000)'),
      onProgress: (running) => {
        pid = running;
        void ending.end();
      },
    });
    await expect(measured).rejects.toThrow();
    await ending.end();
    expect(pid).toBeGreaterThan(0);
    expect(timesOf(pid)).toBeUndefined();
    expect(fs.existsSync(ending.root)).toBe(false);
    expect(() => ending.watch(spawn('sleep', ['60']))).toThrow(/is ending/);
  });
});
