/** A time of `fs.Stats` with bigints as the format keeps it: nanoseconds count forward, also before 1970. */
import type { Timestamp } from '../format/tree-page.ts';

const NANOSECONDS = 1_000_000_000n;

export function timestampOf(nanoseconds: bigint): Timestamp {
  const rest = ((nanoseconds % NANOSECONDS) + NANOSECONDS) % NANOSECONDS;
  return { seconds: Number((nanoseconds - rest) / NANOSECONDS), nanoseconds: Number(rest) };
}
