/** What mounting a vault takes and gives: an address on this machine that a file manager can open. */
import type { CommonOptions } from './vault-types.ts';

export interface MountOptions extends CommonOptions {
  /** 0, the default: any free one. */
  readonly port?: number;
  /** Bytes of opened chunks kept in memory; 64 MiB unless said. */
  readonly cacheBytes?: number;
  /** How old the list of snapshots may be when a client looks at it; 15 s unless said. */
  readonly refreshMs?: number;
}

export interface MountedVault {
  /** With the secret, ends with "/". Whoever has it, and runs on this machine, can read the backups. */
  readonly url: string;
  readonly port: number;
  readonly snapshots: number;
  /** Ends every connection. The vault's handle stays open, for nothing but `close`. */
  close(): Promise<void>;
}
