/** What the model is told: how many peers and vaults, how they come and go, and the times after which the policy acts. */
import { GiB, MiB } from '../../model/units.ts';
import { DEFAULT_HEALTH, type HealthSettings } from '../../policy/health.ts';

export const HOUR_MS = 3_600_000;
export const DAY_MS: number = 24 * HOUR_MS;
export const YEAR_MS: number = 365 * DAY_MS;

export interface ModelSettings {
  readonly seed: string;
  readonly peers: number;
  readonly days: number;
  /** Peers are spread over this many zones at random. */
  readonly zones: number;
  readonly vaults: number;
  /** Peers in each vault's holder table; its owner replaces lost ones when he comes by. */
  readonly members: number;
  readonly copies: number;
  /** Plain sum of the chunks of a vault; 1 of 256 of it in each group. */
  readonly vaultBytes: number;
  /** Mean time until a peer fails for good with all it holds (exponential). */
  readonly lifetimeMs: number;
  /** Mean time a peer is up before it goes away for a while (exponential); 0: never. */
  readonly upMs: number;
  /** Mean length of an absence (exponential) ... */
  readonly awayMs: number;
  /** ... of which this share is twelve times as long: holidays, repairs. */
  readonly longAwayShare: number;
  /** A new peer joins this long (mean, exponential) after each that failed for good. */
  readonly newcomerMs: number;
  /** All peers of one zone fail for good together this often per zone (mean time, exponential); 0: never. */
  readonly zoneLifetimeMs: number;
  /** Every vault's owner comes by this often and renews the holder table. */
  readonly visitMs: number;
  /** Share of the vaults whose owner never comes again. */
  readonly absentOwners: number;
  /** Bytes per second that one peer pulls for repair (DESIGN R2: limited in rate). */
  readonly repairBytesPerSecond: number;
  /** Capacities are spread evenly between one and four times this. */
  readonly capacityBytes: number;
  /** Holders compare this often, so what happens is noticed up to this much later. */
  readonly syncMs: number;
  readonly health: HealthSettings;
}

export const DEFAULT_MODEL: ModelSettings = {
  seed: '1',
  peers: 10_000,
  days: 365,
  zones: 4000,
  vaults: 2000,
  members: 30,
  copies: 3,
  vaultBytes: 100 * GiB,
  lifetimeMs: 2 * YEAR_MS,
  upMs: 20 * DAY_MS,
  awayMs: 4 * HOUR_MS,
  longAwayShare: 0.05,
  newcomerMs: DAY_MS,
  zoneLifetimeMs: 0,
  visitMs: 30 * DAY_MS,
  absentOwners: 0.1,
  repairBytesPerSecond: 8 * MiB,
  capacityBytes: 500 * GiB,
  syncMs: 60_000,
  health: DEFAULT_HEALTH,
};
