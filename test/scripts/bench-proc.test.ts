import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import {
  parseInterface,
  parsePeakRss,
  parseTimes,
  parseWritten,
  peakRssOf,
  timesOf,
  treeOf,
} from '../../scripts/bench/proc.ts';

const STAT =
  '4242 (a (very) odd name) S 1 4242 4242 0 -1 4194560 1000 2000 3 4 150 50 70 30 20 0 11 0 12345 67 89';
const DEV = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0
 owner: 1234567     890    0    0    0     0          0         0   765432     210    0    0    0     0       0          0`;

describe('what Linux tells of processes', () => {
  it('has times in hundredths of a second, whatever stands in the name', () => {
    expect(parseTimes(STAT)).toEqual({ cpuMs: 2000, childrenCpuMs: 1000 });
    expect(parseTimes('')).toBeUndefined();
  });

  it('has the peak of memory in kB, and nothing for a process that has ended', () => {
    expect(parsePeakRss('Name:\tnode\nVmPeak:\t 999 kB\nVmHWM:\t  2048 kB\nVmRSS:\t 1 kB\n')).toBe(2 ** 21);
    expect(parsePeakRss('Name:\tnode\nState:\tZ (zombie)\n')).toBeUndefined();
  });

  it('has what was written, and what an interface carried', () => {
    expect(parseWritten('rchar: 5\nwchar: 77\nsyscr: 1\n')).toBe(77);
    expect(parseWritten('')).toBeUndefined();
    expect(parseInterface(DEV, 'owner')).toEqual({ received: 1_234_567, sent: 765_432 });
    expect(parseInterface(DEV, 'wire')).toBeUndefined();
  });

  it.runIf(process.platform === 'linux')('knows this process and its children', async () => {
    const child = spawn('sleep', ['60']);
    const ended = once(child, 'exit');
    expect(treeOf(process.pid)).toEqual(expect.arrayContaining([process.pid, child.pid]));
    expect(peakRssOf(process.pid)).toBeGreaterThan(10 * 2 ** 20);
    expect(timesOf('self')?.cpuMs).toBeGreaterThan(0);
    child.kill('SIGKILL');
    await ended;
    expect(timesOf(child.pid ?? -1)).toBeUndefined();
  });
});
