/** A thread does its jobs in order, and ends between two of them. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { JobThread } from '../../src/runtime/job-thread.ts';
import type { SleeperAnswer, SleeperAsk } from './sleeper-worker.ts';

function sleeper(): { thread: JobThread<SleeperAsk, SleeperAnswer>; done: Int32Array } {
  const done = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const base = import.meta.url;
  const thread = new JobThread<SleeperAsk, SleeperAnswer>({
    program: './sleeper-worker',
    base,
    start: done,
    work: 'test',
  });
  onTestFinished(() => thread.end());
  return { thread, done };
}

describe('a thread for jobs', () => {
  it('does them in the order in which they are asked', async () => {
    const { thread } = sleeper();
    const answers = [30, 0, 10].map((ms) => thread.ask({ ms }));
    expect(thread.load).toBe(3);
    expect((await Promise.all(answers)).map(({ nth }) => nth)).toEqual([1, 2, 3]);
    expect(thread.load).toBe(0);
  });

  it('ends after the job it is at, without those behind it, and takes no more', async () => {
    const { thread, done } = sleeper();
    await thread.ask({ ms: 0 });
    const asked = [300, 0, 0].map((ms) => thread.ask({ ms }));
    const refused = Promise.allSettled(asked);
    while (Atomics.load(done, 0) < 2) await new Promise((resolve) => setImmediate(resolve));
    await thread.end();
    expect(Atomics.load(done, 0)).toBe(2);
    for (const outcome of await refused) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'closed' } });
    }
    await expect(thread.ask({ ms: 0 })).rejects.toMatchObject({ code: 'closed' });
  });

  it('says so when it dies of a bug, to what is open and to what comes', async () => {
    const { thread } = sleeper();
    const open = [thread.ask({ ms: 0, bug: true }), thread.ask({ ms: 0 })];
    for (const outcome of await Promise.allSettled(open)) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'internal' } });
    }
    await expect(thread.ask({ ms: 0 })).rejects.toMatchObject({ code: 'internal' });
  });

  it('can be ended before it has begun, and twice', async () => {
    const { thread, done } = sleeper();
    await thread.end();
    await thread.end();
    expect(Atomics.load(done, 0)).toBe(0);
  });
});
