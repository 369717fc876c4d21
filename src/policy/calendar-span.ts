/** Spans of time as calendars count them, "2y5m7d3h" as restic writes them, and calendar fields of an instant in a time zone. */
import { VaultError } from '../model/errors.ts';

export interface CalendarSpan {
  readonly years: number;
  readonly months: number;
  readonly days: number;
  readonly hours: number;
}

interface CalendarFields {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/** Beyond every backup there is, and well within what a date can hold. */
const LARGEST: CalendarSpan = { years: 9999, months: 99_999, days: 999_999, hours: 9_999_999 };
const UNITS: Readonly<Record<string, keyof CalendarSpan>> = {
  y: 'years',
  m: 'months',
  d: 'days',
  h: 'hours',
};
const HOUR_MS = 3_600_000;

/** "2y5m7d3h" (years, months, days, hours, each at most once) -> a span. Throws 'usage', also for an empty span. */
export function parseSpan(text: string): CalendarSpan {
  const span = { years: 0, months: 0, days: 0, hours: 0 };
  const seen = new Set<string>();
  const rest = text.trim().replace(/(\d+)([ymdh])/g, (part, count: string, letter: string) => {
    const unit = UNITS[letter];
    if (unit === undefined || seen.has(unit) || Number(count) > LARGEST[unit]) return part;
    seen.add(unit);
    span[unit] = Number(count);
    return '';
  });
  if (rest !== '' || Object.values(span).every((count) => count === 0)) {
    throw new VaultError('usage', `"${text}" is not a span of time`, {
      hint: 'Write it like 2y5m7d3h: years, months, days, hours.',
    });
  }
  return span;
}

/** As `parseSpan` reads it. */
export function spanText(span: CalendarSpan): string {
  const parts: [number, string][] = [
    [span.years, 'y'],
    [span.months, 'm'],
    [span.days, 'd'],
    [span.hours, 'h'],
  ];
  return parts.map(([count, letter]) => (count === 0 ? '' : `${count}${letter}`)).join('');
}

/** A calendar of one time zone. */
export interface Calendar {
  fields(timeMs: number): CalendarFields;
  /** The instant that many years, months and days earlier on the calendar (31 March less a month is 3 March, as in Go), and hours by the clock. */
  before(timeMs: number, span: CalendarSpan): number;
}

/** Milliseconds of calendar fields read as UTC; months and days outside their range carry over. */
function utcMs(year: number, month: number, day: number, msOfDay: number): number {
  return new Date(0).setUTCFullYear(year, month - 1, day) + msOfDay;
}

function fieldsOf(format: Intl.DateTimeFormat, timeMs: number): CalendarFields {
  const parts = new Map(format.formatToParts(timeMs).map((part) => [part.type, part.value]));
  const field = (name: Intl.DateTimeFormatPartTypes): number => Number(parts.get(name));
  return {
    year: parts.get('era') === 'BC' ? 1 - field('year') : field('year'),
    month: field('month'),
    day: field('day'),
    hour: field('hour'),
    minute: field('minute'),
    second: field('second'),
  };
}

/** The calendar of an IANA time zone ("UTC", "Europe/Berlin"). Throws 'usage' for a zone this system does not know. */
export function calendarOf(timeZone: string): Calendar {
  const numeric = 'numeric';
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      era: 'short',
      year: numeric,
      month: numeric,
      day: numeric,
      hour: numeric,
      minute: numeric,
      second: numeric,
    });
  } catch (cause) {
    throw new VaultError('usage', `"${timeZone}" is not a time zone`, { cause });
  }
  const fields = (timeMs: number): CalendarFields => fieldsOf(format, timeMs);
  /** What clocks of the zone show, as if they showed UTC. */
  const shownMs = (timeMs: number): number => {
    const { year, month, day, hour, minute, second } = fields(timeMs);
    const wholeMs = Math.floor(timeMs / 1000) * 1000;
    return utcMs(year, month, day, ((hour * 60 + minute) * 60 + second) * 1000) + (timeMs - wholeMs);
  };
  return {
    fields,
    before: (timeMs, span) => {
      const shown = shownMs(timeMs);
      const { year, month, day } = fields(timeMs);
      const msOfDay = shown - utcMs(year, month, day, 0);
      const wanted = utcMs(year - span.years, month - span.months, day - span.days, msOfDay);
      // The offset of the zone may differ there: correct the guess twice, which settles outside of the skipped hour.
      let guess = wanted - (shown - timeMs);
      for (let round = 0; round < 2; round++) guess += wanted - shownMs(guess);
      return guess - span.hours * HOUR_MS;
    },
  };
}
