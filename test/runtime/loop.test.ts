import { describe, expect, it } from 'vitest';
import { eachOf } from '../../src/runtime/each-of.ts';
import { Loop, type LoopOptions } from '../../src/runtime/loop.ts';
import { SeededRandom } from '../../src/runtime/seeded-random.ts';
import { SimulatedClock } from '../../src/runtime/simulated-clock.ts';
import { Throttle } from '../../src/runtime/throttle.ts';

function stage(change: Partial<LoopOptions> = {}): {
  clock: SimulatedClock;
  runs: number[];
  errors: unknown[];
  loop: Loop;
} {
  const clock = new SimulatedClock();
  const runs: number[] = [];
  const errors: unknown[] = [];
  const loop = new Loop({
    clock,
    random: new SeededRandom('loop'),
    everyMs: 1000,
    jitter: 0,
    firstMs: 100,
    run: async () => {
      runs.push(clock.monotonicMs());
    },
    onError: (error) => errors.push(error),
    ...change,
  });
  return { clock, runs, errors, loop };
}

describe('Loop', () => {
  it('runs soon and then every so often, and no more after stop', async () => {
    const { clock, runs, loop } = stage();
    loop.start();
    loop.start();
    await clock.advance(2500);
    expect(runs).toEqual([100, 1100, 2100]);
    await loop.stop();
    await clock.advance(5000);
    expect(runs).toHaveLength(3);
    await loop.runOnce();
    expect(runs).toHaveLength(3);
  });

  it('never runs twice at once, and counts its wait from the end of a run', async () => {
    let inside = 0;
    let most = 0;
    const begun: number[] = [];
    const { clock, loop } = stage({
      run: async (signal) => {
        begun.push(clock.monotonicMs());
        inside += 1;
        most = Math.max(most, inside);
        await clock.sleep(3000, signal);
        inside -= 1;
      },
    });
    loop.start();
    await clock.advance(200);
    loop.wake();
    loop.wake();
    void loop.runOnce();
    await clock.advance(12_000);
    expect(most).toBe(1);
    expect(begun).toEqual([100, 3100, 7100, 11_100]);
  });

  it('waits in stop for the run under way, which its signal ends', async () => {
    let ended = false;
    const { clock, loop, errors } = stage({
      run: async (signal) => {
        await clock.sleep(60_000, signal).catch(() => undefined);
        ended = true;
        signal.throwIfAborted();
      },
    });
    loop.start();
    await clock.advance(150);
    await loop.stop();
    expect(ended).toBe(true);
    expect(errors).toEqual([]);
  });

  it('goes on after a run that failed, and tells why', async () => {
    let runs = 0;
    const { clock, loop, errors } = stage({
      run: () => {
        runs += 1;
        return Promise.reject(new Error(`run ${runs}`));
      },
    });
    loop.start();
    await clock.advance(1200);
    expect(errors.map(String)).toEqual(['Error: run 1', 'Error: run 2']);
  });

  it('rests while it is paused, except when it is told to run', async () => {
    const { clock, runs, loop } = stage();
    loop.start();
    loop.pause();
    loop.wake();
    await clock.advance(5000);
    expect(runs).toEqual([]);
    await loop.runOnce();
    expect(runs).toEqual([5000]);
    loop.resume();
    await clock.advance(1000);
    expect(runs).toEqual([5000, 6000]);
  });

  it('keeps loops that began together out of step', async () => {
    const clock = new SimulatedClock();
    const begun: number[] = [];
    for (const seed of ['a', 'b', 'c']) {
      const loop = new Loop({
        clock,
        random: new SeededRandom(seed),
        everyMs: 1000,
        run: async () => void begun.push(Math.floor(clock.monotonicMs())),
        onError: () => undefined,
      });
      loop.start();
    }
    await clock.advance(3000);
    expect(new Set(begun).size).toBe(begun.length);
  });
});

describe('Throttle', () => {
  it('lets no more than its rate pass, in order of arrival', async () => {
    const clock = new SimulatedClock();
    const throttle = new Throttle(clock, 1000);
    const { signal } = new AbortController();
    const passed: [string, number][] = [];
    for (const name of ['a', 'b', 'c', 'd']) {
      void throttle.take(2000, signal).then(() => passed.push([name, clock.monotonicMs()]));
    }
    await clock.advance(10_000);
    expect(passed).toEqual([
      ['a', 0],
      ['b', 1000],
      ['c', 3000],
      ['d', 5000],
    ]);
  });

  it('waits for nothing without a limit, and ends with its signal', async () => {
    const clock = new SimulatedClock();
    const free = new Throttle(clock, Number.POSITIVE_INFINITY);
    const ending = new AbortController();
    await free.take(1e12, ending.signal);
    const tight = new Throttle(clock, 1);
    await tight.take(100, ending.signal);
    const waiting = tight.take(1, ending.signal);
    ending.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
  });
});

describe('eachOf', () => {
  it('works on a few at a time, and begins nothing more after the first failure', async () => {
    let inside = 0;
    let most = 0;
    const done: number[] = [];
    const work = eachOf([1, 2, 3, 4, 5, 6, 7], 3, async (n) => {
      inside += 1;
      most = Math.max(most, inside);
      await Promise.resolve();
      inside -= 1;
      if (n === 4) throw new Error('four');
      done.push(n);
    });
    await expect(work).rejects.toThrow('four');
    expect(most).toBe(3);
    expect(inside).toBe(0);
    expect(done).not.toContain(7);
  });
});
