/** Figures as a person reads them. */
import { formatBytes, formatDuration } from '../../../src/model/units.ts';
import type { Bound, Unit } from '../goals.ts';

/** Three significant digits, and one more near 1. */
export function factor(value: number): string {
  if (value > 0.95 && value < 1.1) return `${value.toFixed(3)}x`;
  return `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)}x`;
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(0)}%`;
}

export function inUnit(value: number, unit: Unit): string {
  if (unit === 'times') return factor(value);
  if (unit === 'share') return percent(value);
  return unit === 'ms' ? formatDuration(value) : formatBytes(Math.round(value));
}

export function boundText(bound: Bound, unit: Unit): string {
  return 'least' in bound ? `at least ${inUnit(bound.least, unit)}` : `at most ${inUnit(bound.most, unit)}`;
}
