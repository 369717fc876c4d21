/** An opened vault: the keys are in memory, the books are open, and the mesh is joined when first needed. */
import type { VaultStatusReport } from './status-types.ts';
import type {
  BackupOptions,
  BackupSummary,
  CommonOptions,
  Listing,
  ListOptions,
  PeersReport,
  RestoreOptions,
  RestoreSummary,
  SnapshotInfo,
} from './vault-types.ts';

export interface VaultHandle {
  /** Text form of the vault's public key. */
  readonly vaultId: string;
  readonly home: string;
  /**
   * All snapshots of all devices, oldest first. Asks the holders for news; when none answers, what this machine
   * remembers, after a warning. Throws 'rollback' and 'forgery'.
   */
  snapshots(options?: CommonOptions): Promise<readonly SnapshotInfo[]>;
  /** Throws 'not-found', 'ambiguous'. */
  list(options: ListOptions): Promise<Listing>;
  /**
   * Throws 'too-few-peers' (nothing stored), 'no-space', 'interrupted'. Fewer copies than asked and unreadable files are
   * no error here: see the summary.
   */
  backup(options: BackupOptions): Promise<BackupSummary>;
  /** Damaged or unavailable objects do not stop the rest: see `failed`. */
  restore(options: RestoreOptions): Promise<RestoreSummary>;
  peers(options?: CommonOptions): Promise<PeersReport>;
  status(options?: CommonOptions): Promise<VaultStatusReport>;
  /** Leaves the mesh and closes the books. */
  close(): Promise<void>;
}

/** How a vault is opened: where it lies, what unlocks it, and who hears warnings. */
export interface OpenVaultOptions {
  readonly home: string;
  readonly passphrase: string;
  /** Sentences for people about what is not as it should be but does not stop the work. */
  readonly onWarning?: (message: string) => void;
  readonly onDetail?: (message: string) => void;
  readonly signal?: AbortSignal;
}

export interface CreateVaultOptions extends OpenVaultOptions {
  /** Text of a ticket. */
  readonly ticket: string;
  /** Copies of every chunk; 3 unless said. */
  readonly copies?: number;
  readonly deviceName?: string;
}

export interface RecoverVaultOptions extends OpenVaultOptions {
  readonly ticket: string;
  /** The 24 words, in any layout. */
  readonly words: string;
  readonly deviceName?: string;
}

export interface CreatedVault {
  readonly vault: VaultHandle;
  /** The 24 words; shown once, kept nowhere in the clear. */
  readonly words: string;
}
