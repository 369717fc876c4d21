/**
 * The public face: make, open and use vaults; make and run peers; start peer processes. Importing it loads no network code:
 * each function loads what it needs when it is called.
 */
import type { FirstBackup, MachineBench, MachineBenchOptions, MeshBench } from './api/bench-types.ts';
import type { CopyOptions, CopyReport } from './api/copy-types.ts';
import type { ImportPeerOptions, ImportPeerReport, OpenExportOptions } from './api/export-types.ts';
import type { Keyring, OpenKeyringOptions } from './api/keyring-types.ts';
import type { PeerProcess, PeerProcessOptions } from './api/peer-process.ts';
import type {
  DrainPeerOptions,
  JoinPeerOptions,
  NewPeer,
  NewPeerOptions,
  PeerStatusReport,
  RunningPeer,
  StartPeerOptions,
  UpkeepReport,
} from './api/peer-types.ts';
import type { Schedules } from './api/schedule/schedules.ts';
import type { RunningScheduler, SchedulerOptions } from './api/schedule/start-scheduler.ts';
import type { CombinedSecret, GivenShare, TypedShare } from './api/share-types.ts';
import type {
  AcceptOptions,
  CreatedVault,
  CreateVaultOptions,
  OpenVaultOptions,
  RecoverFromExportOptions,
  RecoverVaultOptions,
  VaultHandle,
  VaultReader,
} from './api/vault-handle.ts';
import type { CompareOptions, Comparison } from './backup/compare-folders.ts';

export type * from './api/bench-types.ts';
export type * from './api/cat-types.ts';
export type * from './api/copy-types.ts';
export type * from './api/doctor-types.ts';
export type * from './api/export-types.ts';
export { type FolderEnvironment, peerHomeFolder, vaultHomeFolder } from './api/folders.ts';
export type { FromPlaces } from './api/from-places.ts';
export type * from './api/history-types.ts';
export type * from './api/invitation-types.ts';
export type * from './api/keyring-types.ts';
export type * from './api/mount-types.ts';
export type { PeerProcess, PeerProcessOptions } from './api/peer-process.ts';
export type * from './api/peer-types.ts';
export type * from './api/schedule/schedule-types.ts';
export type { Schedules, UnlockWish } from './api/schedule/schedules.ts';
export type { RunningScheduler, SchedulerOptions } from './api/schedule/start-scheduler.ts';
export type * from './api/share-types.ts';
export type * from './api/snapshot-filter.ts';
export type * from './api/status-types.ts';
export type * from './api/upkeep-types.ts';
export type * from './api/vault-handle.ts';
export type * from './api/vault-types.ts';
export { CACHE_MARKER, type Choice, type FolderMarker } from './backup/choice.ts';
export type { CompareOptions, Comparison, Difference } from './backup/compare-folders.ts';
export { COMPRESSIONS, type Compression } from './model/compression.ts';
export type { DeviceRole } from './model/device-role.ts';
export { type ErrorCode, isVaultError, VaultError, type VaultErrorOptions } from './model/errors.ts';
export { formatBytes, formatDuration, parseBytes, parseDuration } from './model/units.ts';
export { parseRatePlan, type RatePlan } from './policy/rate-plan.ts';
export { systemClock } from './runtime/system-clock.ts';

/**
 * Makes a new vault in `home` and its 24 words. Throws 'exists', 'bad-ticket', 'foreign-mesh', 'usage'.
 * Works without peers; the first backup needs them.
 */
export async function createVault(options: CreateVaultOptions): Promise<CreatedVault> {
  return (await import('./api/open-vault.ts')).createVault(options);
}

/**
 * Makes `home` a device of the vault that the words name, and fetches its logs and snapshots from the mesh. Throws 'exists',
 * 'wrong-words', 'bad-ticket', 'foreign-mesh', 'unavailable' (no peer answers), 'not-found' (no holder knows the vault).
 */
export async function recoverVault(options: RecoverVaultOptions): Promise<VaultHandle> {
  return (await import('./api/open-vault.ts')).recoverVault(options);
}

/**
 * Makes `home` the device that the invitation is for, and tells the holders of it. Throws 'exists' (also when the invitation was used),
 * 'bad-invitation', 'wrong-passphrase', 'foreign-mesh', 'unavailable', 'not-found', 'denied' (the device was retired before it came).
 */
export async function acceptInvitation(options: AcceptOptions): Promise<VaultHandle> {
  return (await import('./api/accept-invitation.ts')).acceptInvitation(options);
}

/** Throws 'no-vault', 'wrong-passphrase', 'locked'. */
export async function openVault(options: OpenVaultOptions): Promise<VaultHandle> {
  return (await import('./api/open-vault.ts')).openVault(options);
}

/**
 * Copies snapshots from one vault into another with other keys. Throws 'usage' (the same vault twice), 'no-vault', 'wrong-passphrase', 'locked', 'denied',
 * 'not-found', 'ambiguous', 'unavailable' (nobody answers), 'too-few-peers', 'no-space'. One that cannot be read is no error: see `problems`.
 */
export async function copySnapshots(options: CopyOptions): Promise<CopyReport> {
  return (await import('./api/copy-snapshots.ts')).copySnapshots(options);
}

/** Like `recoverVault`, from the folders of an export; no peer has to answer. Throws also 'wrong-passphrase', 'not-found' (no export), 'denied'. */
export async function recoverFromExport(options: RecoverFromExportOptions): Promise<VaultHandle> {
  return (await import('./api/recover-export.ts')).recoverFromExport(options);
}

/** Opens an export for reading, without a vault on this machine. Throws 'wrong-passphrase', 'wrong-words', 'not-found', 'denied'. */
export async function openExport(options: OpenExportOptions): Promise<VaultReader> {
  return (await import('./api/open-export.ts')).openExport(options);
}

/** Puts an export into the store of a peer that does not run. Throws 'no-peer', 'locked', 'not-found'. */
export async function importPeer(options: ImportPeerOptions): Promise<ImportPeerReport> {
  return (await import('./api/import-peer.ts')).importPeer(options);
}

/** The passphrases that open a vault on this machine. Joins no mesh. Throws 'no-vault', 'wrong-passphrase'. */
export async function openKeyring(options: OpenKeyringOptions): Promise<Keyring> {
  return (await import('./api/vault-keyring.ts')).openKeyring(options);
}

/** The 24 words from enough shares. Needs no vault here. Throws 'wrong-shares'. */
export async function combineShares(given: readonly GivenShare[]): Promise<CombinedSecret> {
  return (await import('./api/shares.ts')).combineGiven(given);
}

/** For a share that is typed row by row. */
export async function typeShare(): Promise<TypedShare> {
  return (await import('./api/shares.ts')).typeShare();
}

/** Measures this machine: disk, and sealing with one thread and with all. Needs no vault; takes about ten seconds. */
export async function benchMachine(options: MachineBenchOptions): Promise<MachineBench> {
  return (await import('./api/bench-machine.ts')).benchMachine(options);
}

/** What holds up a first backup, and about how long it takes, with what is assumed. */
export async function benchVerdict(machine: MachineBench, mesh?: MeshBench): Promise<FirstBackup> {
  return (await import('./api/bench-verdict.ts')).benchVerdict(machine, mesh);
}

/** Throws 'no-vault'. Cheap; for programs that want to know before they ask for a passphrase. */
export async function requireVault(home: string): Promise<void> {
  return (await import('./api/vault-folder.ts')).requireVault(home);
}

/** Throws 'bad-ticket'. For programs that want to know before they ask for more. */
export async function requireTicket(text: string): Promise<void> {
  (await import('./format/ticket.ts')).decodeTicket(text);
}

/** Throws 'exists'. The opposite of `requireVault`. */
export async function requireNoVault(home: string): Promise<void> {
  return (await import('./api/vault-folder.ts')).requireNoVault(home);
}

/** Makes an identity and a new mesh. Throws 'exists', 'usage', 'io'. */
export async function initPeer(options: NewPeerOptions): Promise<NewPeer> {
  return (await import('./api/make-peer.ts')).initPeer(options);
}

/** Makes an identity in the ticket's mesh. Throws 'exists', 'bad-ticket', 'usage', 'io'. */
export async function joinPeer(options: JoinPeerOptions): Promise<NewPeer> {
  return (await import('./api/make-peer.ts')).joinPeer(options);
}

/** Serves until `stop`. Throws 'no-peer', 'locked', 'io'. */
export async function startPeer(options: StartPeerOptions): Promise<RunningPeer> {
  return (await import('./api/start-peer.ts')).startPeer(options);
}

/** A ticket of the mesh with this peer's addresses and those of up to eight others. Throws 'no-peer'. */
export async function peerTicket(folder: string): Promise<string> {
  return (await import('./api/peer-status.ts')).peerTicket(folder);
}

/** Works whether the peer runs or not. Throws 'no-peer'. */
export async function peerStatus(folder: string): Promise<PeerStatusReport> {
  return (await import('./api/peer-status.ts')).peerStatus(folder);
}

/** Lets the peer that runs on a folder hand over what it keeps. Throws 'no-peer' (also when it does not run), 'timeout'. */
export async function drainPeer(options: DrainPeerOptions): Promise<UpkeepReport> {
  return (await import('./api/drain-peer.ts')).drainPeer(options);
}

/** Starts a real `vault-peer run` and waits until it is ready. */
export async function startPeerProcess(options: PeerProcessOptions): Promise<PeerProcess> {
  return (await import('./api/peer-process.ts')).startPeerProcess(options);
}

/** The schedules of the peer in `folder`. `program` is the launcher of `vault`. Throws 'no-peer'. */
export async function openSchedules(options: SchedulerOptions): Promise<Schedules> {
  return (await import('./api/schedule/schedules.ts')).openSchedules(options);
}

/** Runs the schedules of the peer in `folder` until `stop`, as processes of their own. */
export async function startScheduler(options: SchedulerOptions): Promise<RunningScheduler> {
  return (await import('./api/schedule/start-scheduler.ts')).startScheduler(options);
}

/** Everything in which two directories differ: bytes, modes, owners, times, links, hard links. Throws 'not-found'. */
export async function compareFolders(options: CompareOptions): Promise<Comparison> {
  return (await import('./backup/compare-folders.ts')).compareFolders(options);
}
