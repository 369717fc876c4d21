import { describe, expect, it } from 'vitest';
import { SimulatedClock } from '../../src/runtime/simulated-clock.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';

describe('SimulatedClock', () => {
  it('fires timers by due time, then by birth, with all their consequences before the next one (S2)', async () => {
    const clock = new SimulatedClock(1000);
    const trace: string[] = [];
    const sleeper = async (name: string, ...naps: readonly number[]): Promise<void> => {
      for (const nap of naps) {
        await clock.sleep(nap);
        trace.push(`${name}@${clock.now() - 1000}`);
      }
    };
    const all = Promise.all([sleeper('a', 20, 10), sleeper('b', 10, 10, 10), sleeper('c', 0, 30)]);
    await clock.advance(25);
    expect(trace).toEqual(['c@0', 'b@10', 'a@20', 'b@20']);
    expect(clock.monotonicMs()).toBe(25);
    await clock.until(all);
    expect(trace.slice(4)).toEqual(['c@30', 'a@30', 'b@30']);
  });

  it('forgets what was cancelled or aborted', async () => {
    const clock = new SimulatedClock();
    const stop = new AbortController();
    const aborted = expect(clock.sleep(10, stop.signal)).rejects.toThrow('enough');
    let fired = 0;
    clock.schedule(10, () => fired++)();
    clock.schedule(10, () => fired++);
    stop.abort(new Error('enough'));
    await aborted;
    await clock.advance(10);
    expect(fired).toBe(1);
    await expect(clock.sleep(1, stop.signal)).rejects.toThrow('enough');
  });

  it('keeps thousands of timers in order', async () => {
    const clock = new SimulatedClock();
    const fired: number[] = [];
    for (let i = 0; i < 3000; i++) clock.schedule((i * 7919) % 1009, () => fired.push(clock.monotonicMs()));
    await clock.advance(2000);
    expect(fired).toHaveLength(3000);
    expect(fired).toEqual([...fired].sort((a, b) => a - b));
  });

  it('says so when nothing can happen any more', async () => {
    await expect(new SimulatedClock().until(new Promise(() => undefined))).rejects.toMatchObject({
      code: 'internal',
    });
  });
});

describe('systemClock', () => {
  it('sleeps, schedules and lets go on abort', async () => {
    const before = systemClock.monotonicMs();
    await systemClock.sleep(5);
    await systemClock.yield();
    expect(systemClock.monotonicMs() - before).toBeGreaterThanOrEqual(4);
    const stop = new AbortController();
    const long = systemClock.sleep(3_600_000, stop.signal);
    stop.abort(new Error('enough'));
    await expect(long).rejects.toThrow('enough');
  });

  it('does not fire at once when asked for months', async () => {
    let fired = false;
    const cancel = systemClock.schedule(2 ** 33, () => {
      fired = true;
    });
    await systemClock.sleep(20);
    cancel();
    expect(fired).toBe(false);
  });
});
