/** What a run is made of: sizes, times and how often each fault comes; the default mix is chosen by the seed (S2). */
import type { KeeperSettings } from '../maintenance/keeper-settings.ts';
import { DEFAULT_KEEPER_SETTINGS } from '../maintenance/keeper-settings.ts';
import { KiB, MiB } from '../model/units.ts';
import { SeededRandom } from '../runtime/seeded-random.ts';

export const MINUTE = 60_000;
export const HOUR: number = 60 * MINUTE;
export const DAY: number = 24 * HOUR;

/** Events per day, all peers together. */
export interface FaultRates {
  /** The power goes, and comes back after minutes to hours. */
  readonly crash: number;
  /** A peer is off for longer than it takes to be called lost, and comes back. */
  readonly absence: number;
  /** A peer leaves for good; a new one comes for it. */
  readonly churn: number;
  /** Single chunk files, and sometimes log files, rot. */
  readonly bitrot: number;
  /** Writes fail for want of space. */
  readonly fullDisk: number;
  /** Writes take seconds. */
  readonly slowDisk: number;
  /** The mesh falls apart in two, or one direction between two peers is cut. */
  readonly partition: number;
  /** Messages are lost and sent again; delays grow; connections break. */
  readonly network: number;
  /** Wall clocks jump. */
  readonly clock: number;
  /** A client is killed in the middle of its work. */
  readonly clientCrash: number;
  /** A peer's owner gives less than it keeps already, for good. */
  readonly allowance: number;
  /** A peer is emptied, and leaves when it says that it may; a new one comes for it. */
  readonly drain: number;
}

export type FaultClass = keyof FaultRates;

export interface SimulationSettings {
  readonly seed: string;
  readonly peers: number;
  readonly zones: number;
  readonly devices: number;
  readonly days: number;
  /** At the end nothing fails any more for so many days, and everything has to heal. */
  readonly quietDays: number;
  readonly backupsPerDay: number;
  readonly rates: FaultRates;
  /** Peers that lie during a part of the run. */
  readonly liars: number;
  readonly capacityBytes: number;
  /** One peer has so much less that it fills up. */
  readonly smallBytes: number;
  readonly fullBelowBytes: number;
  readonly keeper: KeeperSettings;
}

/** Production's settings stretched: a virtual month has to cost seconds, so that peers talk every few hours instead of every minute. */
const SIMULATED_KEEPER: KeeperSettings = {
  ...DEFAULT_KEEPER_SETTINGS,
  health: {
    ...DEFAULT_KEEPER_SETTINGS.health,
    suspectMs: 6 * HOUR,
    awayMs: 12 * HOUR,
    lostMs: 30 * HOUR,
    togetherMs: 9 * HOUR,
    brakeMs: 2 * DAY,
  },
  syncMs: 4 * HOUR,
  auditMs: 12 * HOUR,
  auditChunks: 3,
  scrubMs: 4 * DAY,
  trashMs: 3 * DAY,
  expiryMs: 2 * DAY,
  leaseMs: HOUR,
  tidyMs: 8 * HOUR,
  recruitMs: 3 * HOUR,
  stuckMs: 32 * HOUR,
};

/** Of three seeds one has none of a fault, one a little, one much. */
function rate(random: SeededRandom, usual: number): number {
  const chance = random.below(3);
  return chance === 0 ? 0 : usual * (chance === 1 ? 1 : 3);
}

/** The mix that is run when nobody says otherwise. */
export function defaultMix(seed: string, changes: Partial<SimulationSettings> = {}): SimulationSettings {
  const random = new SeededRandom(`mix ${seed}`);
  const owners = new SeededRandom(`mix ${seed} owners of peers`);
  const peers = changes.peers ?? 5 + random.below(6);
  return {
    seed,
    peers,
    zones: Math.max(3, peers - random.below(4)),
    devices: 2,
    days: 14 + random.below(8),
    quietDays: 4,
    backupsPerDay: 0.8,
    rates: {
      crash: rate(random, 0.5),
      absence: rate(random, 0.1),
      churn: rate(random, 0.08),
      bitrot: rate(random, 0.2),
      fullDisk: rate(random, 0.1),
      slowDisk: rate(random, 0.2),
      partition: rate(random, 0.1),
      network: rate(random, 0.2),
      clock: rate(random, 0.15),
      clientCrash: rate(random, 0.1),
      allowance: rate(owners, 0.02),
      drain: rate(owners, 0.03),
    },
    liars: random.below(3) === 0 ? 1 : 0,
    capacityBytes: 32 * MiB,
    smallBytes: random.below(2) === 0 ? 72 * KiB : 32 * MiB,
    fullBelowBytes: 16 * KiB,
    keeper: SIMULATED_KEEPER,
    ...changes,
  };
}
