/** Where the programs keep their state when nobody says: the platform's own places. */
import { homedir } from 'node:os';
import path from 'node:path';

export interface FolderEnvironment {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform?: string;
  readonly home?: string;
}

const APP = 'vault-mesh';

/** XDG says that relative values are to be ignored. */
function absolute(value: string | undefined): string | undefined {
  return value !== undefined && path.isAbsolute(value) ? value : undefined;
}

function platformFolder(from: FolderEnvironment, xdg: string, below: readonly string[]): string {
  const home = from.home ?? homedir();
  switch (from.platform ?? process.platform) {
    case 'darwin':
      return path.join(home, 'Library', 'Application Support', APP);
    case 'win32':
      return path.join(from.env.LOCALAPPDATA ?? path.join(home, 'AppData', 'Local'), APP);
    default:
      return path.join(absolute(from.env[xdg]) ?? path.join(home, ...below), APP);
  }
}

/** VAULT_HOME, else the platform's config folder. */
export function vaultHomeFolder(from: FolderEnvironment): string {
  if (from.env.VAULT_HOME) return path.resolve(from.env.VAULT_HOME);
  return platformFolder(from, 'XDG_CONFIG_HOME', ['.config']);
}

/** VAULT_PEER_HOME, else the platform's data folder. */
export function peerHomeFolder(from: FolderEnvironment): string {
  if (from.env.VAULT_PEER_HOME) return path.resolve(from.env.VAULT_PEER_HOME);
  return path.join(platformFolder(from, 'XDG_DATA_HOME', ['.local', 'share']), 'peer');
}
