/** The limit of an upload, by the time of day of this machine, as a store asks for it (T4). */
import { calendarOf } from '../policy/calendar-span.ts';
import { parseRatePlan, rateAt } from '../policy/rate-plan.ts';
import type { MeshStoreOptions } from '../replication/mesh-store.ts';
import { Throttle } from '../runtime/throttle.ts';
import type { Surroundings } from './surroundings.ts';

/** `undefined` without a limit. Throws 'usage'. */
export function paceOf(
  limit: string | undefined,
  { clock, timeZone }: Pick<Surroundings, 'clock' | 'timeZone'>,
): MeshStoreOptions['pace'] {
  if (limit === undefined) return undefined;
  const plan = parseRatePlan(limit);
  const calendar = calendarOf(timeZone());
  const throttle = new Throttle(clock, () => rateAt(plan, clock.now(), calendar));
  return (bytes, signal = new AbortController().signal) => throttle.take(bytes, signal);
}
