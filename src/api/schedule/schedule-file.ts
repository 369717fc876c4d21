/** A schedule as a JSON file, and back with every field looked at: what it says becomes commands. */
import { utf8 } from '../../model/bytes.ts';
import { VaultError } from '../../model/errors.ts';
import { parseRatePlan } from '../../policy/rate-plan.ts';
import { checkTiming, type ScheduleTiming } from '../../policy/schedule-times.ts';
import type { Schedule, ScheduleWish, UnlockFrom } from './schedule-types.ts';

const VERSION = 1;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
/** systemd's own rule for names of credentials is about this. */
const CREDENTIAL = /^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$/;
const SHORTEST_MS = 1000;

type Fields = Readonly<Record<string, unknown>>;

/** Throws 'usage' for a wish that cannot be meant. */
export function checkWish(wish: ScheduleWish): void {
  const { name, timing, expectMs, limitUpload } = wish;
  if (!NAME.test(name)) {
    throw new VaultError('usage', `"${name}" cannot be the name of a schedule`, {
      hint: 'Letters, digits, ".", "_" and "-", beginning with a letter or a digit; at most 64.',
    });
  }
  if (wish.paths.length === 0) throw new VaultError('usage', 'nothing to back up: name at least one path');
  const { everyMs, cron, settleMs } = timing;
  if (everyMs !== undefined && cron !== undefined) {
    throw new VaultError('usage', '--every and --cron exclude each other');
  }
  if (everyMs === undefined && cron === undefined && settleMs === undefined) {
    throw new VaultError('usage', 'nothing says when', {
      hint: "Say --every 1h, --cron '0 3 * * *' or --watch.",
    });
  }
  if ([everyMs, settleMs, expectMs].some((ms) => ms !== undefined && ms < SHORTEST_MS)) {
    throw new VaultError('usage', 'a time of a schedule is at least a second');
  }
  checkTiming(timing);
  if (limitUpload !== undefined) parseRatePlan(limitUpload);
}

export function encodeSchedule(schedule: Schedule): Uint8Array {
  return utf8(`${JSON.stringify({ version: VERSION, ...schedule }, null, 2)}\n`);
}

/** Throws 'corrupt', 'unsupported-version', 'usage'. */
export function decodeSchedule(bytes: Uint8Array, name: string): Schedule {
  const fields = objectOf(parsed(bytes));
  if (fields.version !== VERSION) {
    throw new VaultError('unsupported-version', `the schedule ${name} was made by another version`);
  }
  const schedule: Schedule = {
    name: text(fields, 'name'),
    home: text(fields, 'home'),
    paths: texts(fields, 'paths'),
    excludes: texts(fields, 'excludes'),
    excludeFiles: texts(fields, 'excludeFiles'),
    tags: texts(fields, 'tags'),
    timing: timingOf(objectOf(fields.timing)),
    keep: texts(fields, 'keep'),
    ...optional(fields, 'before', text),
    ...optional(fields, 'after', text),
    ...optional(fields, 'onAlarm', text),
    ...optional(fields, 'expectMs', number),
    ...optional(fields, 'limitUpload', text),
    notOnBattery: fields.notOnBattery === true,
    addedMs: number(fields, 'addedMs'),
    unlock: unlockOf(objectOf(fields.unlock)),
  };
  if (schedule.name !== name) throw corrupt('name');
  checkWish(schedule);
  return schedule;
}

/** Throws 'usage'. */
export function checkCredential(name: string): void {
  if (CREDENTIAL.test(name)) return;
  throw new VaultError('usage', `"${name}" cannot be the name of a credential`);
}

function timingOf(fields: Fields): ScheduleTiming {
  return {
    ...optional(fields, 'everyMs', number),
    ...optional(fields, 'cron', text),
    timeZone: text(fields, 'timeZone'),
    ...optional(fields, 'settleMs', number),
  };
}

function unlockOf(fields: Fields): UnlockFrom {
  if (fields.kind === 'own-key') return { kind: 'own-key', keyId: text(fields, 'keyId') };
  if (fields.kind === 'file') return { kind: 'file', file: text(fields, 'file') };
  if (fields.kind !== 'credential') throw corrupt('unlock');
  const name = text(fields, 'name');
  checkCredential(name);
  return { kind: 'credential', name };
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (cause) {
    throw new VaultError('corrupt', 'it is no JSON', { cause });
  }
}

function objectOf(value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw corrupt('an object');
  return value as Fields;
}

function text(fields: Fields, key: string): string {
  const value = fields[key];
  if (typeof value !== 'string' || value === '') throw corrupt(key);
  return value;
}

function texts(fields: Fields, key: string): readonly string[] {
  const value = fields[key];
  if (!Array.isArray(value) || !value.every((each) => typeof each === 'string')) throw corrupt(key);
  return value;
}

function number(fields: Fields, key: string): number {
  const value = fields[key];
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw corrupt(key);
  return value;
}

function optional<K extends string, T>(
  fields: Fields,
  key: K,
  read: (fields: Fields, key: string) => T,
): { readonly [P in K]?: T } {
  return fields[key] === undefined ? {} : ({ [key]: read(fields, key) } as { readonly [P in K]?: T });
}

function corrupt(what: string): VaultError {
  return new VaultError('corrupt', `it is no schedule: ${what} is missing or wrong`);
}
