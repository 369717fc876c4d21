/**
 * What a peer's upkeep remembers across restarts, in one small file: who was silent for how long, who failed audits, the wall clock it
 * trusts, where the scrub stands, what it declines, whether it is being drained. A damaged file is a new start, never a failure.
 */
import { join } from 'node:path';
import { fromHex, toHex, utf8 } from '../model/bytes.ts';
import { isVaultError } from '../model/errors.ts';
import { GROUPS, KEY_BYTES } from '../model/ids.ts';
import { MiB } from '../model/units.ts';
import { type AuditBook, EMPTY_AUDIT_BOOK } from '../policy/audit-book.ts';
import { EMPTY_HEALTH_BOOK, type HealthBook } from '../policy/health.ts';
import type { ClockMark } from '../policy/retention-clock.ts';
import type { Disk } from '../runtime/disk.ts';
import type { ScrubPlace } from './scrub.ts';

export interface KeeperState {
  readonly health: HealthBook;
  readonly audits: AuditBook;
  readonly clock: ClockMark | undefined;
  readonly scrub: ScrubPlace;
  readonly draining: boolean;
  /** Per vault (hex of its id) the groups that were declined for want of room. */
  readonly relieved: ReadonlyMap<string, Uint8Array>;
}

export const NEW_KEEPER_STATE: KeeperState = {
  health: EMPTY_HEALTH_BOOK,
  audits: EMPTY_AUDIT_BOOK,
  clock: undefined,
  scrub: { group: 0 },
  draining: false,
  relieved: new Map(),
};

const VERSION = 1;
const MAX_BYTES: number = 2 * MiB;
/** Of peers, and of vaults. */
const MAX_ITEMS = 5000;

function fileIn(folder: string): string {
  return join(folder, 'keeper.json');
}

export async function readKeeperState(disk: Disk, folder: string): Promise<KeeperState> {
  try {
    const bytes = await disk.read(fileIn(folder), MAX_BYTES);
    const parsed: unknown = bytes && JSON.parse(Buffer.from(bytes).toString('utf8'));
    return stateOf(parsed) ?? NEW_KEEPER_STATE;
  } catch (error) {
    if (error instanceof SyntaxError || isVaultError(error, 'corrupt')) return NEW_KEEPER_STATE;
    throw error;
  }
}

export async function writeKeeperState(disk: Disk, folder: string, state: KeeperState): Promise<void> {
  const { health, audits, clock, scrub, draining, relieved } = state;
  const body = {
    version: VERSION,
    health: { ...health, silences: health.silences.slice(0, MAX_ITEMS) },
    audits: { records: audits.records.slice(0, MAX_ITEMS) },
    ...(clock ? { clock } : {}),
    scrub,
    draining,
    relieved: [...relieved].slice(0, MAX_ITEMS).map(([vault, groups]) => [vault, toHex(groups)]),
  };
  await disk.write(fileIn(folder), [utf8(`${JSON.stringify(body)}\n`)], { mode: 0o600 });
}

type Loose = Readonly<Record<string, unknown>>;

function isMap(value: unknown): value is Loose {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= 128;
}

/** Each part is taken if it is whole, else begun anew. */
function stateOf(value: unknown): KeeperState | undefined {
  if (!isMap(value) || value.version !== VERSION) return undefined;
  return {
    health: healthOf(value.health) ?? NEW_KEEPER_STATE.health,
    audits: auditsOf(value.audits) ?? NEW_KEEPER_STATE.audits,
    clock: clockOf(value.clock),
    scrub: scrubOf(value.scrub) ?? NEW_KEEPER_STATE.scrub,
    draining: value.draining === true,
    relieved: relievedOf(value.relieved),
  };
}

function healthOf(value: unknown): HealthBook | undefined {
  if (!isMap(value) || !isTime(value.runningMs) || !Array.isArray(value.silences)) return undefined;
  const silences = value.silences.slice(0, MAX_ITEMS).flatMap((item: unknown) => {
    if (!isMap(item) || !isName(item.peer) || !isTime(item.silentMs) || !isTime(item.sinceMs)) return [];
    return [{ peer: item.peer, silentMs: item.silentMs, sinceMs: item.sinceMs }];
  });
  return { runningMs: value.runningMs, silences };
}

function auditsOf(value: unknown): AuditBook | undefined {
  if (!isMap(value) || !Array.isArray(value.records)) return undefined;
  const records = value.records.slice(0, MAX_ITEMS).flatMap((item: unknown) => {
    if (!isMap(item) || !isName(item.peer) || !isTime(item.late) || !isTime(item.clean)) return [];
    return [{ peer: item.peer, unsound: item.unsound === true, late: item.late, clean: item.clean }];
  });
  return { records };
}

/** Monotonic time of another run means nothing here. */
function clockOf(value: unknown): ClockMark | undefined {
  if (!isMap(value)) return undefined;
  const { wallMs, highestMs, trustedSinceMs } = value;
  if (!isTime(wallMs) || !isTime(highestMs) || !isTime(trustedSinceMs)) return undefined;
  return { wallMs, highestMs, trustedSinceMs, monotonicMs: undefined };
}

function scrubOf(value: unknown): ScrubPlace | undefined {
  if (!isMap(value) || !isTime(value.group) || value.group >= GROUPS || !Number.isInteger(value.group))
    return undefined;
  return { group: value.group, ...(isTime(value.lastPassMs) ? { lastPassMs: value.lastPassMs } : {}) };
}

function relievedOf(value: unknown): ReadonlyMap<string, Uint8Array> {
  const relieved = new Map<string, Uint8Array>();
  for (const item of Array.isArray(value) ? value.slice(0, MAX_ITEMS) : []) {
    if (!Array.isArray(item) || typeof item[0] !== 'string' || typeof item[1] !== 'string') continue;
    const groups = fromHex(item[1]);
    if (item[0].length === 2 * KEY_BYTES && groups?.length === GROUPS / 8) relieved.set(item[0], groups);
  }
  return relieved;
}
