/** How patient and how busy a peer is while it keeps vaults alive; all times are settings, simulations use seconds (R1). */
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
};
