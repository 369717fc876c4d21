/** An opened vault: the keys are in memory, the books are open, and the mesh is joined when first needed. */
import type { DeviceRole } from '../model/device-role.ts';
import type { RatePlan } from '../policy/rate-plan.ts';
import type { BenchOptions, MeshBench } from './bench-types.ts';
import type { Cat, CatOptions } from './cat-types.ts';
import type { DoctorOptions, DoctorReport } from './doctor-types.ts';
import type { ExportOptions, ExportReport, ExportSecret, ImportOptions } from './export-types.ts';
import type { FromPlaces } from './from-places.ts';
import type {
  Diff,
  DiffOptions,
  Dump,
  DumpOptions,
  FindOptions,
  RewriteOptions,
  RewriteReport,
  Search,
  StatsOptions,
  StatsReport,
  TagOptions,
  TagReport,
} from './history-types.ts';
import type { InvitedDevice, InviteOptions } from './invitation-types.ts';
import type { MountedVault, MountOptions } from './mount-types.ts';
import type { StatusOptions, VaultStatusReport } from './status-types.ts';
import type {
  CheckOptions,
  CheckReport,
  DeviceInfo,
  ForgetOptions,
  ForgetReport,
  PruneOptions,
  PruneReport,
  RepairOptions,
  RepairReport,
  RetireOptions,
  RetireReport,
  UndeleteOptions,
  UndeleteReport,
} from './upkeep-types.ts';
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
  SnapshotsOptions,
} from './vault-types.ts';

/** What can be read of a vault, wherever it is read from. */
export interface VaultReader {
  /** Text form of the vault's public key. */
  readonly vaultId: string;
  /** Oldest first. */
  snapshots(options?: SnapshotsOptions): Promise<readonly SnapshotInfo[]>;
  /** Throws 'not-found', 'ambiguous'. */
  list(options: ListOptions): Promise<Listing>;
  /** Damaged or unavailable objects do not stop the rest: see `failed`. */
  restore(options: RestoreOptions): Promise<RestoreSummary>;
  close(): Promise<void>;
}

export interface VaultHandle extends VaultReader {
  readonly home: string;
  /** What this device may do. */
  readonly role: DeviceRole;
  /**
   * All snapshots of all devices, or those that the options say, oldest first. Asks the holders for news; when none answers, what this machine
   * remembers, after a warning. Throws 'rollback' and 'forgery'.
   */
  snapshots(options?: SnapshotsOptions): Promise<readonly SnapshotInfo[]>;
  /** Throws 'usage' (a pattern that is none), 'not-found', 'ambiguous'. */
  find(options: FindOptions): Promise<Search>;
  /** Throws 'not-found' (also when neither has the path), 'ambiguous'. */
  diff(options: DiffOptions): Promise<Diff>;
  /** Throws 'not-found', 'ambiguous', 'usage' (a link). */
  dump(options: DumpOptions): Promise<Dump>;
  /** What the vault consists of, piece by piece. Throws 'not-found', 'ambiguous', 'usage', 'denied', 'corrupt'. */
  cat(options: CatOptions): Promise<Cat>;
  /** Throws 'not-found', 'ambiguous'. */
  stats(options?: StatsOptions): Promise<StatsReport>;
  /**
   * Changes tags: each changed snapshot gets a new id, and the old one is forgotten in the same log entry. Throws 'usage', 'not-found',
   * 'ambiguous', 'denied' (one of an append-only device is named), 'too-few-peers'.
   */
  tag(options: TagOptions): Promise<TagReport>;
  /**
   * Makes snapshots without what patterns leave out, or with another host or time, and can forget the old ones. Reads and sends directories
   * only. One that cannot be read is no error here: see `problems`. Throws like `tag`.
   */
  rewrite(options: RewriteOptions): Promise<RewriteReport>;
  /**
   * Throws 'too-few-peers' (nothing stored), 'no-space', 'interrupted'. Fewer copies than asked and unreadable files are
   * no error here: see the summary.
   */
  backup(options: BackupOptions): Promise<BackupSummary>;
  /**
   * Serves all snapshots over read-only WebDAV on loopback. Lets go of the books, so that other programs of this machine can use the
   * vault: of this handle nothing but `close` may be called from then on. Throws 'unavailable', 'rollback', 'forgery', 'io' (the port).
   */
  mount(options?: MountOptions): Promise<MountedVault>;
  peers(options?: CommonOptions): Promise<PeersReport>;
  /** Throws 'not-found' and 'ambiguous' for `whatIf`. */
  status(options?: StatusOptions): Promise<VaultStatusReport>;
  /**
   * Drops snapshots; their chunks stay until a prune. Throws 'usage' (an empty policy, or neither policy nor snapshots),
   * 'not-found', 'ambiguous', 'too-few-peers'.
   */
  forget(options: ForgetOptions): Promise<ForgetReport>;
  /**
   * Gives up the chunks that no snapshot of this device needs, and nobody else's. Throws 'unavailable', 'lost' or 'corrupt' when a
   * directory of a live snapshot cannot be read: then nothing is given up. 'too-few-peers' when no holder takes an entry.
   */
  prune(options?: PruneOptions): Promise<PruneReport>;
  /** Brings forgotten snapshots back under new ids, those whose chunks are all there. Throws 'not-found', 'ambiguous'. */
  undelete(options: UndeleteOptions): Promise<UndeleteReport>;
  /** Damage is no error here: see `errors`. Throws 'not-found', 'ambiguous', 'usage', 'unavailable' (nobody answers). */
  check(options?: CheckOptions): Promise<CheckReport>;
  /** Looks at the home, the mesh and, if `peerFolder` holds one, the peer of this machine; what is wrong is no error, but in the report. */
  doctor(options?: DoctorOptions): Promise<DoctorReport>;
  /** Measures the way to each peer that can take chunks. Leaves nothing behind. Throws 'unavailable' (nobody answers). */
  bench(options?: BenchOptions): Promise<MeshBench>;
  /** Makes missing copies now. Throws 'not-found', 'ambiguous', 'usage' (nobody would be left) for `lost`, 'too-few-peers'. */
  repair(options?: RepairOptions): Promise<RepairReport>;
  /**
   * Writes the vault to folders and buckets. Chunks that could not be read and folders that fell out are no errors: see `problems`. Throws
   * 'no-space' before anything is written when it does not fit, 'usage', 'not-found' (no such folder), 'unavailable'.
   */
  export(options: ExportOptions): Promise<ExportReport>;
  /** A repair that reads an export too. Throws 'not-found' when there is none of this vault, and what `repair` throws. */
  importFrom(options: ImportOptions): Promise<RepairReport>;
  /** Every machine that writes or wrote to this vault, oldest first. */
  devices(options?: CommonOptions): Promise<readonly DeviceInfo[]>;
  /** Makes a device for another machine, with fewer rights than this one. Needs no peer, but for `replaces`. Throws 'denied', 'usage', 'not-found', 'ambiguous'. */
  inviteDevice(options: InviteOptions): Promise<InvitedDevice>;
  /** Takes over what another device's snapshots need and ends its log. Throws 'not-found', 'ambiguous', 'usage' (this device). */
  retireDevice(options: RetireOptions): Promise<RetireReport>;
  /** Leaves the mesh and closes the books. */
  close(): Promise<void>;
}

/** Most bytes a second for chunks on their way, all holders together; no limit unless said. */
export interface TransferLimits {
  readonly upload?: RatePlan;
  readonly download?: RatePlan;
}

/** How a vault is opened: where it lies, what unlocks it, and who hears warnings. */
export interface OpenVaultOptions {
  readonly home: string;
  readonly passphrase: string;
  readonly limits?: TransferLimits;
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

/** `passphrase` is a new one, for this machine. */
export interface RecoverFromExportOptions extends OpenVaultOptions {
  readonly from: FromPlaces;
  readonly secret: ExportSecret;
  /** Of another mesh than the one that was exported. */
  readonly ticket?: string;
  readonly deviceName?: string;
}

/** `passphrase` is a new one, for this machine. */
export interface AcceptOptions extends OpenVaultOptions {
  /** The text, with any white space. */
  readonly invitation: string;
  readonly invitationPassphrase: string;
}

export interface CreatedVault {
  readonly vault: VaultHandle;
  /** The 24 words; shown once, kept nowhere in the clear. */
  readonly words: string;
}
