/** A limit in bytes per second that depends on the time of day: "08:00-18:00=500k,2M" is slow in office hours and 2 MiB/s else. */
import { VaultError } from '../model/errors.ts';
import { KiB, parseBytes } from '../model/units.ts';
import type { Calendar } from './calendar-span.ts';

interface RateSpan {
  /** Minutes since midnight; a span that ends no later than it begins goes on over midnight. */
  readonly fromMinute: number;
  readonly toMinute: number;
  readonly bytesPerSecond: number;
}

export interface RatePlan {
  /** The first that fits counts. */
  readonly spans: readonly RateSpan[];
  /** At all other times; Infinity for no limit. */
  readonly elseBytesPerSecond: number;
}

const SPAN = /^(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})=(.+)$/;
const UNLIMITED = 'unlimited';
const MOST_SPANS = 24;
/** Below, transfers look as if they stood still. */
const LEAST: number = 32 * KiB;

/** "500k", "500" (KiB, as restic's), "unlimited" or "0", "08:00-18:00=500k", or several with commas; one at most without times. Throws 'usage'. */
export function parseRatePlan(text: string): RatePlan {
  const spans: RateSpan[] = [];
  let rest: number | undefined;
  for (const part of text.split(',').map((each) => each.trim())) {
    const match = SPAN.exec(part);
    if (match) spans.push(spanOf(match, text));
    else if (rest === undefined) rest = rateOf(part, text);
    else throw wrong(text);
  }
  if (spans.length > MOST_SPANS) throw wrong(text);
  return { spans, elseBytesPerSecond: rest ?? Number.POSITIVE_INFINITY };
}

/** What the plan allows at that instant, on the clocks of the calendar's time zone. */
export function rateAt(plan: RatePlan, timeMs: number, calendar: Calendar): number {
  if (plan.spans.length === 0) return plan.elseBytesPerSecond;
  const { hour, minute } = calendar.fields(timeMs);
  const at = hour * 60 + minute;
  return plan.spans.find((span) => covers(span, at))?.bytesPerSecond ?? plan.elseBytesPerSecond;
}

function covers({ fromMinute, toMinute }: RateSpan, minute: number): boolean {
  if (fromMinute < toMinute) return minute >= fromMinute && minute < toMinute;
  return minute >= fromMinute || minute < toMinute;
}

function spanOf(match: RegExpExecArray, text: string): RateSpan {
  const [, fromHour, fromMinute, toHour, toMinute, rate = ''] = match;
  const minutes = (hour: string | undefined, minute: string | undefined): number => {
    const [h, m] = [Number(hour), Number(minute)];
    if (m > 59 || h > 24 || (h === 24 && m > 0)) throw wrong(text);
    return h * 60 + m;
  };
  return {
    fromMinute: minutes(fromHour, fromMinute),
    toMinute: minutes(toHour, toMinute),
    bytesPerSecond: rateOf(rate, text),
  };
}

function rateOf(part: string, text: string): number {
  if (part === UNLIMITED || part === '0') return Number.POSITIVE_INFINITY;
  if (!/^\d/.test(part)) throw wrong(text);
  const rate = /^\d+$/.test(part) ? Number(part) * KiB : parseBytes(part);
  if (!Number.isSafeInteger(rate) || rate < LEAST) throw wrong(text);
  return rate;
}

function wrong(text: string): VaultError {
  return new VaultError('usage', `"${text}" is not a limit`, {
    hint: 'At least 32 KiB a second, like 500k or 2MiB, with times like 08:00-18:00=500k,22:00-06:00=unlimited,2M.',
  });
}
