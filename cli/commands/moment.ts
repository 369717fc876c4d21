/** A point in time as people write it on a command line: "2026-11-27", "2026-11-27 14:30", "2026-11-27T14:30:05". */

import { VaultError } from '../../src/index.ts';
import type { Arguments } from '../terminal/command.ts';

const MOMENT = /^(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2}))?)?$/;

/** Milliseconds since 1970 of a local time; a date alone is its midnight. `undefined` when the option is not given. Throws 'usage'. */
export function momentOf(args: Arguments, name: string): number | undefined {
  const text = args.value(name);
  if (text === undefined) return undefined;
  const parts = MOMENT.exec(text)
    ?.slice(1)
    .map((part) => Number(part ?? 0));
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts ?? [];
  const at = new Date(year, month - 1, day, hour, minute, second);
  const real = at.getMonth() === month - 1 && at.getDate() === day && hour < 24 && minute < 60 && second < 60;
  if (parts && real) return at.getTime();
  throw new VaultError('usage', `--${name} takes a time, not "${text}"`, {
    hint: 'Write it like 2026-11-27 or "2026-11-27 14:30:00".',
  });
}
