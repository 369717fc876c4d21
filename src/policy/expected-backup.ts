/** "Expect a backup every N days": how late it is, and when that is worth an alarm (again). */

export interface Expectation {
  readonly expectMs: number;
  /** When the last backup came that counts; when it was asked for, before there is one. */
  readonly sinceMs: number;
  /** The last alarm. One that is older than the last backup was about another one. */
  readonly alarmedMs?: number;
}

/** Milliseconds that the backup is late; 0 when it is not. A clock that was set back makes nothing late. */
export function lateMs({ expectMs, sinceMs }: Expectation, nowMs: number): number {
  return Math.max(0, nowMs - sinceMs - expectMs);
}

/** One alarm when it gets late, and another one for each further time in which a backup was expected. */
export function alarmDue(expectation: Expectation, nowMs: number): boolean {
  const { expectMs, sinceMs, alarmedMs } = expectation;
  if (lateMs(expectation, nowMs) === 0) return false;
  if (alarmedMs === undefined || alarmedMs < sinceMs || alarmedMs > nowMs) return true;
  return nowMs - alarmedMs >= expectMs;
}
