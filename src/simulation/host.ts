/** What machines and devices need of the world they stand in: time, network, chance, and somebody to tell. */
import type { SimulatedHub } from '../network/simulated-hub.ts';
import type { Clock } from '../runtime/clock.ts';
import type { SeededRandom } from '../runtime/seeded-random.ts';
import type { Holdings } from '../store/holdings.ts';
import type { ChunkFile } from './disk-oracle.ts';
import type { SimulationSettings } from './simulation-settings.ts';

interface Host {
  readonly settings: SimulationSettings;
  readonly clock: Clock;
  readonly hub: SimulatedHub;
  readonly random: SeededRandom;
  readonly meshSecret: Uint8Array;
  /** A line of the story. */
  note(line: string): void;
}

/** Something changed on a disk, and the process there was told so. */
export interface FileChange {
  readonly kind: 'written' | 'moved' | 'removed';
  readonly path: string;
  /** The chunk file that lay there, or at the place it was moved from. */
  readonly before: ChunkFile | undefined;
  /** Of writes. */
  readonly bytes: Uint8Array | undefined;
}

export interface MachineHost extends Host {
  /** Addresses of others: what a peer remembers, or was told when it joined. */
  bootstrapFor(machine: number): readonly string[];
  diskChanged(machine: number, change: FileChange): void;
  startFailed(machine: number, error: unknown): void;
}

export interface DeviceHost extends Host {
  ticket(): string;
}

/**
 * 'lazy': has deleted half of its chunks, says that it has them and gives out rubbish. 'corrupt': gives out wrong bytes.
 * 'hiding': does not show the newest entry of any log. 'fetching': has deleted half, and answers by fetching from another holder.
 */
export type Lie = 'lazy' | 'corrupt' | 'hiding' | 'fetching';

export const LIES: readonly Lie[] = ['lazy', 'corrupt', 'hiding', 'fetching'];

/** A peer's way of lying: production code over holdings that lie to it. */
export interface Cheat {
  readonly lie: Lie;
  /** What its disk has does not count: it would not give it out. */
  readonly withholds: boolean;
  /** For one process. */
  holdings(honest: Holdings): Holdings;
}
