/** What a vault at work takes from outside (S2): all of it comes in here, so that a simulation can be the world. */

import type { MakeCrew } from '../backup/crew.ts';
import type { FileSource } from '../backup/file-source.ts';
import type { FileTarget } from '../backup/file-target.ts';
import type { BoxCost, DeriveKey } from '../crypto/passphrase-box.ts';
import type { OpeningKeys } from '../crypto/vault-keys.ts';
import type { Network } from '../network/network.ts';
import type { NetworkOptions } from '../network/network-options.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Disk } from '../runtime/disk.ts';
import type { Random } from '../runtime/random.ts';
import type { VaultHome } from '../vault/vault-home.ts';
import type { VaultState } from '../vault/vault-state.ts';

/** How a restore shall treat its target. */
export interface TargetWishes {
  /** Only looked at. */
  readonly dryRun: boolean;
  /** Owners by their numbers. */
  readonly numericOwner: boolean;
}

export interface Surroundings {
  readonly clock: Clock;
  /** Keys and nonces come from it too. */
  readonly random: Random;
  /** Where homes lie: wrapped keys, ticket, holder table, addresses of peers. */
  readonly disk: Disk;
  readonly startNetwork: (options: NetworkOptions) => Promise<Network>;
  /** Begins what `startNetwork` needs first, if that takes long; fails with it. */
  readonly prepareNetwork?: () => void;
  /** The books of an opened home; throws 'locked'. */
  readonly openState: (home: VaultHome) => VaultState;
  readonly fileSource: () => FileSource;
  readonly fileTarget: (folder: string, keys: OpeningKeys, wishes: TargetWishes) => FileTarget;
  readonly crew: MakeCrew;
  /** About how many bytes of small files share a chunk; small worlds want small chunks. Default 1 MiB. */
  readonly bundleBytes?: number;
  /** A peer with less room than this takes no new vault's data; small worlds have small peers. Default: the ranking's. */
  readonly fullBelowBytes?: number;
  /** How a passphrase becomes the key of a home, once for each command. */
  readonly deriveKey: DeriveKey;
  /** What a guess of a new home's passphrase shall cost. */
  readonly boxCost: BoxCost;
  readonly hostName: () => string;
  readonly userName: () => string;
  /** What tells this machine from others, as `machineId` says. */
  readonly machineId: () => string;
  /** Whose days, weeks and months a policy counts: an IANA name ("Europe/Berlin"). */
  readonly timeZone: () => string;
}
