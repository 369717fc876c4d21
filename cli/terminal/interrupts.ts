/** Ctrl-C: the first one stops cleanly, the second one at once; SIGTERM and SIGHUP count the same. */
import { systemClock, VaultError } from '../../src/index.ts';
import { dieOf } from './die-of.ts';

const STOPPING: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
/** One Ctrl-C can arrive several times: from the terminal and forwarded by npx and by the launcher. */
const SAME_PRESS_MS = 400;

/** npx puts a shell between itself and us that passes no signal on: its end is how we learn that npx was ended. */
const PARENT_POLL_MS = 500;

/** Calls back when the process that started us is gone, if that was npx. Returns how to stop watching. */
function watchNpx(onGone: () => void): () => void {
  if (process.env.npm_command !== 'exec') return () => undefined;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    onGone();
  }, PARENT_POLL_MS);
  timer.unref();
  return () => clearInterval(timer);
}

export interface Interrupts {
  readonly signal: AbortSignal;
  dispose(): void;
}

export function watchInterrupts(onFirst: () => void): Interrupts {
  const controller = new AbortController();
  let firstAt = 0;
  const stop = (): void => {
    if (controller.signal.aborted) {
      if (systemClock.monotonicMs() - firstAt > SAME_PRESS_MS) dieOf('SIGINT');
      return;
    }
    firstAt = systemClock.monotonicMs();
    controller.abort(new VaultError('interrupted', 'interrupted'));
    onFirst();
  };
  for (const name of STOPPING) process.on(name, stop);
  const unwatch = watchNpx(stop);
  return {
    signal: controller.signal,
    dispose: () => {
      unwatch();
      for (const name of STOPPING) process.off(name, stop);
    },
  };
}
