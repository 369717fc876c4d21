/** Durability for copies x repair time x churn: by running the model where losses are frequent enough to count, by theory elsewhere. */
import { GROUPS } from '../../model/ids.ts';
import { GiB } from '../../model/units.ts';
import { MeshModel } from './mesh-model.ts';
import { chainOf } from './model-report.ts';
import { DAY_MS, DEFAULT_MODEL, HOUR_MS, type ModelSettings, YEAR_MS } from './model-settings.ts';
import { lossRate } from './theory.ts';

export interface DurabilityCell {
  readonly copies: number;
  readonly lostMs: number;
  readonly lifetimeMs: number;
  /** Expected losses per group and year. */
  readonly lossPerGroupYear: number;
  /** Probability that a vault of 256 groups loses anything in a year. */
  readonly vaultYear: number;
  readonly by: 'model' | 'theory';
  /** Losses counted and expected by theory, where the model ran. */
  readonly counted?: number;
  readonly expected?: number;
}

export const TABLE_COPIES: readonly number[] = [2, 3, 4];
export const TABLE_LOST_MS: readonly number[] = [6 * HOUR_MS, DAY_MS, 3 * DAY_MS, 7 * DAY_MS];
export const TABLE_LIFETIME_MS: readonly number[] = [
  10 * DAY_MS,
  30 * DAY_MS,
  90 * DAY_MS,
  YEAR_MS,
  3 * YEAR_MS,
];

/** Fewer expected losses than this in the largest affordable run, and theory speaks. */
const ENOUGH_LOSSES = 20;
/** Groups of one run of the table, and peers behind them. */
const VAULTS = 60;
const PEERS = 600;
const DAYS = 120;

function settingsFor(
  seed: string,
  cell: Pick<DurabilityCell, 'copies' | 'lostMs' | 'lifetimeMs'>,
): ModelSettings {
  return {
    ...DEFAULT_MODEL,
    seed,
    peers: PEERS,
    zones: PEERS,
    vaults: VAULTS,
    members: 20,
    days: DAYS,
    copies: cell.copies,
    lifetimeMs: cell.lifetimeMs,
    upMs: 0,
    visitMs: 3 * DAY_MS,
    absentOwners: 0,
    vaultBytes: GiB,
    health: { ...DEFAULT_MODEL.health, lostMs: cell.lostMs },
  };
}

/** One cell of the table. */
export function durabilityCell(
  seed: string,
  cell: Pick<DurabilityCell, 'copies' | 'lostMs' | 'lifetimeMs'>,
): DurabilityCell {
  const settings = settingsFor(seed, cell);
  const theory = lossRate(chainOf(settings));
  const years = (settings.days * DAY_MS) / YEAR_MS;
  const expected = theory * settings.vaults * GROUPS * years;
  const of = (rate: number): Pick<DurabilityCell, 'lossPerGroupYear' | 'vaultYear'> => ({
    lossPerGroupYear: rate,
    vaultYear: -Math.expm1(-rate * GROUPS),
  });
  if (expected < ENOUGH_LOSSES) return { ...cell, ...of(theory), by: 'theory' };
  const model = new MeshModel(settings);
  model.run();
  const counted = model.copies.book.lostGroups;
  return { ...cell, ...of(counted / (settings.vaults * GROUPS * years)), by: 'model', counted, expected };
}
