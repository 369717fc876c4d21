/** A time of day as people type it, in the time zone of this machine: restic's "2026-11-01 22:08:41". */
import { VaultError } from '../../src/index.ts';

const TIME = /^(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)$/;

/** Milliseconds since 1970. Throws 'usage'. */
export function parseLocalTime(text: string): number {
  const match = TIME.exec(text.trim());
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = (match ?? []).slice(1).map(Number);
  const at = new Date(year, month - 1, day, hour, minute, second);
  const real = at.getMonth() === month - 1 && at.getDate() === day && hour < 24 && minute < 60 && second < 60;
  if (match && real && at.getTime() >= 0) return at.getTime();
  throw new VaultError('usage', `"${text}" is no time`, { hint: "Write it like '2026-11-01 22:08:41'." });
}
