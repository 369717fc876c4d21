/** Everything that was measured: one row for each case, data, step and tool, with a sample for each run. */
import type { Sample } from './sample.ts';
import { median } from './statistics.ts';

export interface RowName {
  readonly case: string;
  readonly data: string;
  readonly step: string;
  readonly tool: string;
}

export interface Row extends RowName {
  /** Another program, to compare with. */
  readonly rival: boolean;
  readonly samples: readonly Sample[];
}

export class Ledger {
  readonly #rows = new Map<string, Row & { readonly samples: Sample[] }>();
  /** What was left out, and why. */
  readonly skipped: { readonly case: string; readonly why: string }[] = [];
  /** Restores that were compared with their source, and what differed. */
  restoresCompared = 0;
  readonly differences: string[] = [];
  readonly #listeners: ((name: RowName, sample: Sample) => void)[] = [];

  /** For progress while it runs. */
  onSample(listener: (name: RowName, sample: Sample) => void): void {
    this.#listeners.push(listener);
  }

  add(name: RowName, rival: boolean, sample: Sample): void {
    const key = [name.case, name.data, name.step, name.tool].join('\n');
    const row = this.#rows.get(key) ?? { ...name, rival, samples: [] };
    row.samples.push(sample);
    this.#rows.set(key, row);
    for (const listener of this.#listeners) listener(name, sample);
  }

  rows(): readonly Row[] {
    return [...this.#rows.values()];
  }

  find(name: Partial<RowName>): readonly Row[] {
    const asked = Object.entries(name);
    return this.rows().filter((row) =>
      asked.every(([field, value]) => row[field as keyof RowName] === value),
    );
  }
}

/** The median of one value over the runs of a row. */
export function medianOf(
  row: Row | undefined,
  value: (sample: Sample) => number | undefined,
): number | undefined {
  return median((row?.samples ?? []).map(value).filter((each) => each !== undefined));
}

export function wallOf(row: Row | undefined): number | undefined {
  return medianOf(row, ({ wallMs }) => wallMs);
}

export function figureOf(row: Row | undefined, figure: string): number | undefined {
  return medianOf(row, ({ figures }) => figures?.[figure]);
}
