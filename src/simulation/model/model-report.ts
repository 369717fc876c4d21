/** What a run of the model found, and what theory says of the same mesh: plain data for a table, for JSON and for tests. */
import { GROUPS } from '../../model/ids.ts';
import { gini, largest, mean } from './figures.ts';
import type { MeshModel } from './mesh-model.ts';
import { type MessageTraffic, messageTraffic } from './message-traffic.ts';
import { DAY_MS, type ModelSettings, YEAR_MS } from './model-settings.ts';
import type { PullCause } from './population.ts';
import { type CopyChain, lossRate } from './theory.ts';

/** R1: with fewer living copies than this, one more is made at once. */
const FEWEST_LIVE = 2;

interface Durability {
  readonly groups: number;
  readonly groupYears: number;
  readonly lostGroups: number;
  readonly lostVaults: number;
  /** Share of the groups that is lost in a year: measured. */
  readonly lossPerGroupYear: number;
  /** The same by theory, with the repair time the settings promise. */
  readonly theoryPerGroupYear: number;
  /** The same by theory, with the repair time that the run measured. */
  readonly theoryAtMeasured: number;
  /** Probability that a vault loses anything in a year, by theory. */
  readonly theoryVaultYear: number;
  /** Shares of all group-time with fewer copies than wanted, index is the number of copies. */
  readonly shortShare: readonly number[];
}

export interface ModelReport {
  readonly settings: ModelSettings;
  readonly counts: MeshModel['counts'];
  readonly durability: Durability;
  readonly heal: { count: number; meanMs: number; p50Ms: number; p99Ms: number; perCopyMs: number };
  /** Bytes fetched per peer and day, by cause. */
  readonly repairPerPeerDay: Record<PullCause, number>;
  readonly load: { meanBytes: number; maxOverMean: number; gini: number; fullest: number };
  readonly traffic: MessageTraffic;
}

/** From a failure to the new copy: noticed at the next comparison after `lostMs`, fetched at the limited rate. */
function promisedRepairMs(settings: ModelSettings): number {
  return settings.health.lostMs + settings.syncMs / 2 + fetchMs(settings);
}

function fetchMs(settings: ModelSettings): number {
  return (1000 * settings.vaultBytes) / GROUPS / settings.repairBytesPerSecond;
}

/** The chain that theory has for a mesh with these settings, in years. */
export function chainOf(settings: ModelSettings, repairMs: number = promisedRepairMs(settings)): CopyChain {
  const { copies, health, syncMs } = settings;
  const extraMs = health.awayMs + syncMs / 2 + fetchMs(settings);
  return {
    copies,
    failureRate: YEAR_MS / settings.lifetimeMs,
    repairTime: repairMs / YEAR_MS,
    extras: { below: Math.min(FEWEST_LIVE, copies), time: extraMs / YEAR_MS },
  };
}

function durabilityOf(model: MeshModel): Durability {
  const { settings, copies } = model;
  const groups = settings.vaults * GROUPS;
  const years = (settings.days * DAY_MS) / YEAR_MS;
  const theory = lossRate(chainOf(settings));
  return {
    groups,
    groupYears: groups * years,
    lostGroups: copies.book.lostGroups,
    lostVaults: copies.lostVaults.size,
    lossPerGroupYear: copies.book.lostGroups / (groups * years),
    theoryPerGroupYear: theory,
    theoryAtMeasured: lossRate(chainOf(settings, copies.book.meanRepairMs)),
    theoryVaultYear: -Math.expm1(-theory * GROUPS),
    shortShare: Array.from({ length: settings.copies }, (_, count) => {
      return copies.book.shortMs(count) / (groups * settings.days * DAY_MS);
    }),
  };
}

export function reportOf(model: MeshModel): ModelReport {
  const { settings, copies, population, counts } = model;
  const present = population.peers.filter(({ gone }) => !gone);
  const used = present.map(({ usedBytes }) => usedBytes);
  const perPeerDay = (bytes: number): number => bytes / settings.peers / settings.days;
  const { lost, extra, table, back } = copies.pulledBytes;
  const { toHeal, meanRepairMs } = copies.book;
  return {
    settings,
    counts,
    durability: durabilityOf(model),
    heal: {
      count: toHeal.count,
      meanMs: toHeal.meanMs,
      p50Ms: toHeal.percentileMs(0.5),
      p99Ms: toHeal.percentileMs(0.99),
      perCopyMs: meanRepairMs,
    },
    repairPerPeerDay: {
      lost: perPeerDay(lost),
      extra: perPeerDay(extra),
      table: perPeerDay(table),
      back: perPeerDay(back),
    },
    load: {
      meanBytes: mean(used),
      maxOverMean: mean(used) === 0 ? 0 : largest(used) / mean(used),
      gini: gini(used),
      fullest: largest(present.map(({ usedBytes, capacityBytes }) => usedBytes / capacityBytes)),
    },
    traffic: messageTraffic(model),
  };
}
