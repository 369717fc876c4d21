/** Moves dropped chunks to the trash, brings back what lives again, and purges what is old enough by a clock that can be trusted (L2, L4). */
import { ageMs, type ClockMark, DEFAULT_CLOCK_TOLERANCE, observeClock } from '../policy/retention-clock.ts';
import { tidy } from '../store/tidy.ts';
import type { KeeperContext } from './keeper-context.ts';
import type { VaultView } from './vault-view.ts';

const AT_ONCE = 1000;

/** The mark to remember from now on. */
export function lookAtClock(context: KeeperContext, mark: ClockMark | undefined): ClockMark {
  const { clock, settings } = context;
  const shortestMs = Math.min(settings.trashMs, settings.expiryMs);
  const aheadMs = Math.min(DEFAULT_CLOCK_TOLERANCE.aheadMs, shortestMs / 2);
  const reading = { wallMs: clock.now(), monotonicMs: clock.monotonicMs() };
  return observeClock(mark, reading, { ...DEFAULT_CLOCK_TOLERANCE, aheadMs });
}

/**
 * Everything is as old as it was when co-holders were last compared with: what became due later waits. What cannot be tidied in one
 * vault delays no other; its error is told.
 */
export async function tidyVaults(
  context: KeeperContext,
  views: readonly VaultView[],
  mark: ClockMark,
  signal: AbortSignal,
): Promise<void> {
  const { settings, warn, clock } = context;
  const { wallMs } = mark;
  const rules = {
    trashMs: settings.trashMs,
    expiryMs: settings.expiryMs,
    limit: AT_ONCE,
    signal,
  };
  for (const view of views) {
    const nowMs = clock.monotonicMs();
    const cutOffMs = nowMs - view.comparedMs(nowMs);
    const age = (stampMs: number): number => ageMs(mark, stampMs, wallMs) - cutOffMs;
    try {
      for (let more = true; more; ) {
        signal.throwIfAborted();
        const report = await tidy(view.holding, { ...rules, ageMs: age });
        more = report.more && report.failed === 0; // what failed is tried again in the next round
      }
    } catch (error) {
      signal.throwIfAborted();
      warn(`tidying a vault ended early: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
