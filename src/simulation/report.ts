/** What a run says at its end. */
import type { Breach, World } from './world.ts';

export interface SimulationReport {
  readonly seed: string;
  /** Of everything that happened, in order. */
  readonly hash: string;
  readonly events: number;
  readonly virtualMs: number;
  readonly peers: number;
  readonly operations: Readonly<Record<string, number>>;
  readonly faults: Readonly<Record<string, number>>;
  /** Copies that peers fetched by themselves. */
  readonly repairs: number;
  readonly bytesMoved: number;
  /** How long chunks had too few copies, in milliseconds: half, nine of ten, all of them healed within. */
  readonly healing: {
    readonly count: number;
    readonly p50: number;
    readonly p90: number;
    readonly max: number;
  };
  readonly snapshots: number;
  readonly chunks: number;
  readonly breach?: Breach;
}

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

export function reportOf(world: World, healingMs: readonly number[]): SimulationReport {
  const sorted = healingMs.toSorted((a, b) => a - b);
  const named = [...world.counts].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const isFault = ([name]: readonly [string, number]): boolean =>
    /^(fault|liar|rotten|spared|clocks|clients)/.test(name);
  return {
    seed: world.settings.seed,
    hash: world.trace.digest(),
    events: world.trace.events,
    virtualMs: world.nowMs,
    peers: world.machines.length,
    operations: Object.fromEntries(named.filter((entry) => !isFault(entry))),
    faults: Object.fromEntries(named.filter(isFault)),
    repairs: world.repairs(),
    bytesMoved: world.bytesMoved,
    healing: {
      count: sorted.length,
      p50: percentile(sorted, 0.5),
      p90: percentile(sorted, 0.9),
      max: sorted.at(-1) ?? 0,
    },
    snapshots: world.truth.all().length,
    chunks: world.truth.needed().size,
    ...(world.breach ? { breach: world.breach } : {}),
  };
}
