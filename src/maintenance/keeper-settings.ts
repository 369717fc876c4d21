/** How patient and how busy a peer is while it keeps vaults alive; all times are settings, simulations use seconds (R1). */
import { VaultError } from '../model/errors.ts';
import { MiB } from '../model/units.ts';
import { DEFAULT_HEALTH, type HealthSettings } from '../policy/health.ts';

export interface KeeperSettings {
  readonly health: HealthSettings;
  /** Between two comparisons with each co-holder; also between two looks for what is missing. */
  readonly syncMs: number;
  /** Most bytes per second fetched for repair, and read for trimming and draining. */
  readonly repairBytesPerSecond: number;
  /** Chunks fetched at the same time. */
  readonly repairAtOnce: number;
  /** Between two rounds of audits, and chunks asked for in each audit (R4). */
  readonly auditMs: number;
  readonly auditChunks: number;
  /** Every chunk on the disk is read once in this time (R4). */
  readonly scrubMs: number;
  /** How long dropped chunks stay in the trash, on this peer's own clock (L4). */
  readonly trashMs: number;
  /** How long chunks wait for the log entry that adds them (L2). */
  readonly expiryMs: number;
  /** How long a pledge binds (R3). */
  readonly leaseMs: number;
  /** Between two looks for chunks to move to the trash, back, or away for good. */
  readonly tidyMs: number;
  /** How long a vault must be short of peers before this peer invites one; the next in order waits twice as long, and so on. */
  readonly recruitMs: number;
  /** How long a member may say that it lacks chunks, without getting on, before others take its place (R2). */
  readonly stuckMs: number;
}

const SECOND = 1000;
const MINUTE: number = 60 * SECOND;
const HOUR: number = 60 * MINUTE;
const DAY: number = 24 * HOUR;

export const DEFAULT_KEEPER_SETTINGS: KeeperSettings = {
  health: DEFAULT_HEALTH,
  syncMs: MINUTE,
  repairBytesPerSecond: 8 * MiB,
  repairAtOnce: 4,
  auditMs: 10 * MINUTE,
  auditChunks: 8,
  scrubMs: 14 * DAY,
  trashMs: 14 * DAY,
  expiryMs: 7 * DAY,
  leaseMs: HOUR,
  tidyMs: 5 * MINUTE,
  recruitMs: 5 * MINUTE,
  stuckMs: 12 * HOUR,
};

/** What an owner of a peer may wish; everything else follows from it in the proportions of the defaults. */
export interface KeeperWishes {
  readonly suspectMs?: number;
  readonly awayMs?: number;
  readonly lostMs?: number;
  readonly stuckMs?: number;
  /** Between two comparisons with each co-holder. */
  readonly checkMs?: number;
  readonly auditMs?: number;
  readonly scrubMs?: number;
  readonly trashMs?: number;
  readonly expiryMs?: number;
  readonly repairBytesPerSecond?: number;
}

const SHORTEST_MS = 10;
/** Whoever does not get on is looked at this often before it is believed. */
const STUCK_SYNCS = 16;
/** In less nothing can be read, proved and removed: a busy machine would never get rid of a surplus. */
const LEAST_LEASE_MS: number = 10 * SECOND;

/** Throws 'usage' for times that make no sense together. */
export function keeperSettings(wishes: KeeperWishes): KeeperSettings {
  const defaults = DEFAULT_KEEPER_SETTINGS;
  const { suspectMs, awayMs, lostMs, togetherMs, brakeMs } = defaults.health;
  const syncMs = wishes.checkMs ?? defaults.syncMs;
  const health = {
    suspectMs: wishes.suspectMs ?? suspectMs,
    awayMs: wishes.awayMs ?? awayMs,
    lostMs: wishes.lostMs ?? lostMs,
    togetherMs: Math.max(
      scaled(togetherMs, wishes.lostMs, lostMs),
      Math.min(3 * syncMs, (wishes.lostMs ?? lostMs) / 2),
    ),
    brakeMs: scaled(brakeMs, wishes.lostMs, lostMs),
  };
  if (!(health.suspectMs < health.awayMs && health.awayMs < health.lostMs)) {
    throw new VaultError('usage', 'a peer is suspect before it is away, and away before it is lost', {
      hint: 'Give all three times, each longer than the one before: for example 5min, 15min and 72h.',
    });
  }
  for (const ms of Object.values(wishes)) {
    if (ms < SHORTEST_MS) throw new VaultError('usage', 'these times and rates are greater than zero');
  }
  if (syncMs > health.suspectMs) {
    throw new VaultError('usage', 'peers are compared more often than they become suspect', {
      hint: 'Make --check-every shorter, or --suspect-after longer.',
    });
  }
  return {
    ...defaults,
    health,
    syncMs,
    repairBytesPerSecond: wishes.repairBytesPerSecond ?? defaults.repairBytesPerSecond,
    auditMs: wishes.auditMs ?? scaled(defaults.auditMs, wishes.checkMs, defaults.syncMs),
    scrubMs: wishes.scrubMs ?? defaults.scrubMs,
    trashMs: wishes.trashMs ?? defaults.trashMs,
    expiryMs: wishes.expiryMs ?? defaults.expiryMs,
    leaseMs: Math.max(LEAST_LEASE_MS, scaled(defaults.leaseMs, wishes.lostMs, lostMs)),
    tidyMs: scaled(defaults.tidyMs, wishes.checkMs, defaults.syncMs),
    recruitMs: scaled(defaults.recruitMs, wishes.checkMs, defaults.syncMs),
    stuckMs:
      wishes.stuckMs ?? Math.max(STUCK_SYNCS * syncMs, scaled(defaults.stuckMs, wishes.lostMs, lostMs)),
  };
}

function scaled(defaultMs: number, wish: number | undefined, ofMs: number): number {
  return wish === undefined ? defaultMs : (defaultMs * wish) / ofMs;
}
