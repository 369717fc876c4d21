/** What every part of a peer's upkeep works with. */
import type { Network } from '../network/network.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Disk } from '../runtime/disk.ts';
import type { Random } from '../runtime/random.ts';
import type { Throttle } from '../runtime/throttle.ts';
import type { Holdings } from '../store/holdings.ts';
import type { KeeperSettings } from './keeper-settings.ts';

export interface KeeperContext {
  readonly network: Network;
  readonly holdings: Holdings;
  readonly disk: Disk;
  readonly folder: string;
  readonly meshSecret: Uint8Array;
  /** Tag of the machine this peer runs on (P2). */
  readonly machine: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly settings: KeeperSettings;
  /** Bytes that upkeep moves or reads, all parts together. */
  readonly throttle: Throttle;
  /** For people: something needs their attention. */
  readonly warn: (message: string) => void;
  readonly detail: (message: string) => void;
}
