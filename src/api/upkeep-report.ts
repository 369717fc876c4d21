/** A peer's upkeep as plain data: for the status file, for JSON, for programs; bounded, what needs attention first. */
import type { KeeperStatus, KeptVault, WatchedPeer } from '../maintenance/keeper-status.ts';
import { idText } from '../model/ids.ts';

export interface VaultUpkeep extends Omit<KeptVault, 'vault'> {
  /** The vault's id as text. */
  readonly vault: string;
}

export interface UpkeepReport extends Omit<KeeperStatus, 'vaults' | 'peers'> {
  readonly peers: readonly WatchedPeer[];
  readonly vaults: readonly VaultUpkeep[];
  /** Sums over all vaults, also those that are not listed. */
  readonly missing: number;
  readonly missingBytes: number;
  readonly trash: number;
  readonly trashBytes: number;
}

const LISTED = 200;

export function upkeepReport(status: KeeperStatus): UpkeepReport {
  const { vaults, peers } = status;
  const sum = (of: (vault: KeptNumbers) => number): number => vaults.reduce((all, one) => all + of(one), 0);
  const worry = ({ health, unsound }: WatchedPeer): number => (health === 'alive' && !unsound ? 1 : 0);
  const need = ({ missing, short, forks }: KeptVault): number => (missing + short + forks > 0 ? 0 : 1);
  return {
    ...status,
    peers: peers.toSorted((a, b) => worry(a) - worry(b)).slice(0, LISTED),
    vaults: vaults
      .toSorted((a, b) => need(a) - need(b))
      .slice(0, LISTED)
      .map((one) => ({ ...one, vault: idText(one.vault) })),
    missing: sum((one) => one.missing),
    missingBytes: sum((one) => one.missingBytes),
    trash: sum((one) => one.trash),
    trashBytes: sum((one) => one.trashBytes),
  };
}

type KeptNumbers = Pick<KeptVault, 'missing' | 'missingBytes' | 'trash' | 'trashBytes'>;
