/** The machine's own time behind the Clock seam; every other room receives it, and only programs name it. */
import type { Clock } from './clock.ts';

/** The longest delay a Node timer takes before it overflows and fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

function schedule(ms: number, run: () => void): () => void {
  let left = Math.max(0, ms);
  let timer: NodeJS.Timeout;
  const arm = (): void => {
    const step = Math.min(left, LONGEST_TIMER_MS);
    left -= step;
    timer = setTimeout(left > 0 ? arm : run, step);
  };
  arm();
  return () => clearTimeout(timer);
}

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = (): void => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = schedule(ms, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep,
  schedule,
  yield: () => new Promise((resolve) => setImmediate(resolve)),
};
