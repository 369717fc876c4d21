/** Reports a run's progress at a steady pace, also while the walk waits for the network. */
import type { Clock } from '../runtime/clock.ts';

const EVERY_MS = 200;

/** Calls `report` about five times a second until the returned function is called, which reports once more. */
export function startTicker(clock: Clock, report: (() => void) | undefined): () => void {
  if (!report) return () => undefined;
  let cancel = (): void => undefined;
  const arm = (): void => {
    cancel = clock.schedule(EVERY_MS, () => {
      report();
      arm();
    });
  };
  arm();
  return () => {
    cancel();
    report();
  };
}
