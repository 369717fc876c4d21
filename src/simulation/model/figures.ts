/** How evenly something is spread, and what is usual of it: the statistics of the model's report. */

/** Gini coefficient: 0 when all have the same, towards 1 when one has everything; 0 when there is nothing. */
export function gini(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const total = sum(sorted);
  if (total === 0) return 0;
  const weighted = sorted.reduce((acc, value, index) => acc + (index + 1) * value, 0);
  return (2 * weighted) / (sorted.length * total) - (sorted.length + 1) / sorted.length;
}

function sum(values: readonly number[]): number {
  return values.reduce((acc, value) => acc + value, 0);
}

/** 0 for no values. */
export function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : sum(values) / values.length;
}

export function largest(values: readonly number[]): number {
  return values.reduce((acc, value) => Math.max(acc, value), 0);
}

/** Durations in buckets that grow by a tenth: a year of repairs fits, and a percentile is right within 10%. */
export class DurationBook {
  readonly #buckets = new Map<number, number>();
  count = 0;
  totalMs = 0;

  add(ms: number): void {
    const bucket = Math.ceil(Math.log(Math.max(1, ms)) / Math.log(1.1));
    this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + 1);
    this.count++;
    this.totalMs += ms;
  }

  get meanMs(): number {
    return this.count === 0 ? 0 : this.totalMs / this.count;
  }

  /** The upper end of the bucket in which the share lies; 0 without values. */
  percentileMs(share: number): number {
    let left = share * this.count;
    for (const [bucket, count] of [...this.#buckets].sort(([a], [b]) => a - b)) {
      left -= count;
      if (left <= 0) return 1.1 ** bucket;
    }
    return 0;
  }
}
