/** An opened vault at work: each question joins the mesh once, brings the books up to date, and then does what was asked. */

import { restoreFilter } from '../backup/restore-filter.ts';
import type { DeviceRole } from '../model/device-role.ts';
import { isVaultError, VaultError } from '../model/errors.ts';
import { idText } from '../model/ids.ts';
import type { Right } from '../policy/device-rights.ts';
import type { WaitOptions } from '../store/chunk-store.ts';
import { syncLog } from '../vault/sync-log.ts';
import type { VaultHome } from '../vault/vault-home.ts';
import type { VaultState } from '../vault/vault-state.ts';
import { backupVault, rehearseBackup } from './backup-vault.ts';
import { benchMesh } from './bench-mesh.ts';
import type { BenchOptions, MeshBench } from './bench-types.ts';
import type { Cat, CatOptions } from './cat-types.ts';
import { catConfig, catVault } from './cat-vault.ts';
import { checkVault } from './check-vault.ts';
import { chooseSnapshot, listedSnapshots } from './choose-snapshots.ts';
import { diffVault } from './diff-vault.ts';
import type { DoctorOptions, DoctorReport } from './doctor-types.ts';
import { doctorVault } from './doctor-vault.ts';
import { dumpVault } from './dump-vault.ts';
import { type ExportSource, openSource, syncFrom } from './export-source.ts';
import type { ExportOptions, ExportReport, ImportOptions } from './export-types.ts';
import { exportVault } from './export-vault.ts';
import { findInVault } from './find-vault.ts';
import { forgetVault } from './forget-vault.ts';
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
import { importVault } from './import-vault.ts';
import type { InvitedDevice, InviteOptions } from './invitation-types.ts';
import { inviteVaultDevice } from './invite-device.ts';
import { readInvited } from './invited-devices.ts';
import { listSnapshot } from './list-vault.ts';
import { MeshSession } from './mesh-session.ts';
import type { MountedVault, MountOptions } from './mount-types.ts';
import { mountVault } from './mount-vault.ts';
import { rankedPeers } from './peers-of-vault.ts';
import { pruneVault } from './prune-vault.ts';
import type { ReadingWork } from './reading-work.ts';
import { repairVault } from './repair-vault.ts';
import { requireRight } from './require-right.ts';
import { restoreVault } from './restore-vault.ts';
import { rewriteVault } from './rewrite-vault.ts';
import { statsOfVault } from './stats-vault.ts';
import type { StatusOptions, VaultStatusReport } from './status-types.ts';
import { makeKnown, stayKnown } from './stay-known.ts';
import type { Surroundings } from './surroundings.ts';
import { tagVault } from './tag-vault.ts';
import { undeleteVault } from './undelete-vault.ts';
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
import { retireVaultDevice, vaultDevices } from './vault-devices.ts';
import type { OpenVaultOptions, VaultHandle } from './vault-handle.ts';
import { vaultStatus } from './vault-status.ts';
import type {
  BackupOptions,
  BackupSummary,
  CommonOptions,
  Listing,
  ListOptions,
  PathProblem,
  PeersReport,
  RestoreOptions,
  RestoreSummary,
  SnapshotInfo,
  SnapshotsOptions,
} from './vault-types.ts';
import type { VaultWork } from './vault-work.ts';

export type Listeners = Pick<OpenVaultOptions, 'onWarning' | 'onDetail' | 'limits'>;

export class VaultSession implements VaultHandle {
  readonly vaultId: string;
  readonly home: string;
  readonly role: DeviceRole;
  readonly #home: VaultHome;
  readonly #state: VaultState;
  readonly #listeners: Listeners;
  readonly #surroundings: Surroundings;
  #joined: MeshSession | undefined;

  constructor(home: VaultHome, listeners: Listeners, surroundings: Surroundings, joined?: MeshSession) {
    this.#home = home;
    this.#surroundings = surroundings;
    this.#state = surroundings.openState(home);
    this.#listeners = listeners;
    this.#joined = joined;
    this.home = home.folder;
    this.role = home.device.role;
    this.vaultId = idText(home.vault);
  }

  async snapshots(options: SnapshotsOptions = {}): Promise<readonly SnapshotInfo[]> {
    requireRight(this.#home, 'read', 'read snapshots');
    if (options.from) await this.#readFrom(options.from, options);
    else await this.#syncOrRemember(options);
    return listedSnapshots(this.#state.snapshots(), options);
  }

  async list(options: ListOptions): Promise<Listing> {
    requireRight(this.#home, 'read', 'read snapshots');
    const work = options.from ? await this.#readFrom(options.from, options) : await this.#workToLook(options);
    return listSnapshot(work, chooseSnapshot(this.#state.snapshots(), options.snapshot, options), options);
  }

  async find(options: FindOptions): Promise<Search> {
    return findInVault(await this.#workToLook(options), options);
  }

  async diff(options: DiffOptions): Promise<Diff> {
    return diffVault(await this.#workToLook(options), options);
  }

  async dump(options: DumpOptions): Promise<Dump> {
    return dumpVault(await this.#workToLook(options), options);
  }

  async cat(options: CatOptions): Promise<Cat> {
    if (options.wish.what === 'config') return catConfig(this.#home);
    await this.#syncOrRemember(options);
    return catVault(await this.#work(options), options);
  }

  async stats(options: StatsOptions = {}): Promise<StatsReport> {
    return statsOfVault(await this.#workToLook(options), options);
  }

  async tag(options: TagOptions): Promise<TagReport> {
    requireRight(this.#home, 'take-away', 'change tags, as that forgets the snapshot that had the old ones');
    return tagVault(await this.#work(options), options);
  }

  async rewrite(options: RewriteOptions): Promise<RewriteReport> {
    requireRight(this.#home, 'take-away', 'rewrite snapshots');
    return rewriteVault(await this.#work(options), options);
  }

  async backup(options: BackupOptions): Promise<BackupSummary> {
    requireRight(this.#home, 'add', 'back up');
    if (options.dryRun === true) return this.#rehearse(options);
    return backupVault(await this.#workForBackup(options), options);
  }

  async restore(options: RestoreOptions): Promise<RestoreSummary> {
    requireRight(this.#home, 'read', 'restore');
    const filter = restoreFilter(options);
    const alarms: PathProblem[] = [];
    const onAlarm = ({ code, message }: VaultError): unknown => alarms.push({ path: '', code, message });
    if (options.from) {
      const work = await this.#readFrom(options.from, options, onAlarm);
      const record = chooseSnapshot(this.#state.snapshots(), options.snapshot, options);
      return restoreVault(work, record, { ...options, filter }, alarms);
    }
    const work = await this.#work(options);
    await this.#sync(work, onAlarm);
    const record = chooseSnapshot(this.#state.snapshots(), options.snapshot, options);
    return restoreVault(work, record, { ...options, filter }, alarms);
  }

  async mount(options: MountOptions = {}): Promise<MountedVault> {
    requireRight(this.#home, 'read', 'read snapshots');
    const work = await this.#work(options);
    await this.#sync(work);
    const records = this.#state.snapshots();
    // Who has the books open keeps backups of this machine from beginning.
    this.#state.close();
    return mountVault(work, records, options);
  }

  async peers(options: CommonOptions = {}): Promise<PeersReport> {
    return rankedPeers(await this.#work(options));
  }

  async status(options: StatusOptions = {}): Promise<VaultStatusReport> {
    if (options.whatIf) requireRight(this.#home, 'read', 'tell which snapshots a loss would cost');
    return vaultStatus(await this.#synced(options), options);
  }

  async forget(options: ForgetOptions): Promise<ForgetReport> {
    requireRight(this.#home, 'take-away', 'forget snapshots');
    return forgetVault(await this.#work(options), options);
  }

  async prune(options: PruneOptions = {}): Promise<PruneReport> {
    requireRight(this.#home, 'take-away', 'give up chunks');
    return pruneVault(await this.#work(options), options);
  }

  async undelete(options: UndeleteOptions): Promise<UndeleteReport> {
    requireRight(this.#home, 'take-away', 'bring forgotten snapshots back');
    return undeleteVault(await this.#work(options), options);
  }

  async check(options: CheckOptions = {}): Promise<CheckReport> {
    return checkVault(await this.#synced(options), options);
  }

  async doctor(options: DoctorOptions = {}): Promise<DoctorReport> {
    return doctorVault(this.#home, () => this.#synced(options), options);
  }

  async bench(options: BenchOptions = {}): Promise<MeshBench> {
    return benchMesh(this.#surroundings.clock, () => this.#synced(options), options);
  }

  async repair(options: RepairOptions = {}): Promise<RepairReport> {
    if (options.lost?.length)
      requireRight(this.#home, 'admit', 'give up a peer, as that changes the holder table');
    return repairVault(await this.#synced(options), options);
  }

  async export(options: ExportOptions): Promise<ExportReport> {
    return exportVault(await this.#synced(options), options);
  }

  async importFrom(options: ImportOptions): Promise<RepairReport> {
    return importVault(await this.#work(options), options);
  }

  /** For work on two vaults. `doing` completes "it cannot ...". Throws 'denied' before anything is done. */
  async workFor(right: Right, doing: string, options: CommonOptions): Promise<VaultWork> {
    requireRight(this.#home, right, doing);
    return this.#work(options);
  }

  /** What an export tells, also while nobody answers. */
  async learnFrom(source: ExportSource, warn: (message: string) => void, wait: WaitOptions): Promise<void> {
    const { logKeys: keys } = this.#home;
    await syncFrom(source, { state: this.#state, keys, reader: source.readingStore(), warn, ...wait });
  }

  async devices(options: CommonOptions = {}): Promise<readonly DeviceInfo[]> {
    await this.#syncOrRemember(options);
    const invited = await readInvited(this.#surroundings.disk, this.#home.folder);
    return vaultDevices({ home: this.#home, state: this.#state }, invited);
  }

  async inviteDevice(options: InviteOptions): Promise<InvitedDevice> {
    requireRight(this.#home, 'admit', 'invite a device');
    if (options.replaces !== undefined) await this.#syncOrRemember(options);
    return inviteVaultDevice(
      { home: this.#home, state: this.#state, surroundings: this.#surroundings },
      options,
    );
  }

  /** Makes this device known to the holders by the first entry of its log. Throws 'too-few-peers', 'denied' (it is retired). */
  async introduce(options: CommonOptions = {}): Promise<void> {
    const work = await this.#work(options);
    await this.#sync(work);
    await makeKnown(work);
  }

  async retireDevice(options: RetireOptions): Promise<RetireReport> {
    requireRight(this.#home, 'take-away', 'retire a device');
    return retireVaultDevice(await this.#work(options), options);
  }

  /** The mesh is joined when a chunk is wanted that no folder has. */
  async #readFrom(
    from: FromPlaces,
    { signal }: CommonOptions,
    onAlarm?: (alarm: VaultError) => void,
  ): Promise<ReadingWork> {
    const { onWarning: warn = () => undefined } = this.#listeners;
    const wait = signal ? { signal } : {};
    const behind = async () => (await this.#work(wait)).session;
    const source = await openSource(from, this.#home.vault, this.#surroundings, { warn, behind });
    const heard = onAlarm ? { onAlarm } : {};
    await syncFrom(source, { state: this.#state, keys: this.#home.logKeys, warn, ...heard, ...wait });
    return { home: this.#home, session: source, surroundings: this.#surroundings, wait, warn };
  }

  async close(): Promise<void> {
    await this.#joined?.close();
    this.#state.close();
  }

  /** Sends nothing, so it also works when nobody answers. */
  async #rehearse(options: BackupOptions): Promise<BackupSummary> {
    try {
      return await rehearseBackup(await this.#work(options), options);
    } catch (error) {
      options.signal?.throwIfAborted();
      if (this.#joined || !isVaultError(error, 'unavailable', 'timeout')) throw error;
      const { onWarning = () => undefined } = this.#listeners;
      onWarning(`${error.message}; this rehearsal reads every file`);
      const wait = options.signal ? { signal: options.signal } : {};
      const parts = { home: this.#home, state: this.#state, surroundings: this.#surroundings };
      return rehearseBackup({ ...parts, wait, warn: onWarning }, options);
    }
  }

  /** With the books up to date. */
  async #synced(options: CommonOptions): Promise<VaultWork> {
    const work = await this.#work(options);
    await this.#sync(work);
    return work;
  }

  /** For what looks into snapshots: its list is as new as can be. */
  async #workToLook(options: CommonOptions): Promise<VaultWork> {
    requireRight(this.#home, 'read', 'read snapshots');
    await this.#syncOrRemember(options);
    return this.#work(options);
  }

  /** For a backup, that nobody answers means that nothing was stored. */
  async #workForBackup(options: CommonOptions): Promise<VaultWork> {
    try {
      return await this.#work(options);
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!isVaultError(error, 'unavailable', 'timeout')) throw error;
      throw new VaultError('too-few-peers', `${error.message}; nothing was stored`, { cause: error });
    }
  }

  async #work(options: CommonOptions): Promise<VaultWork> {
    const { onWarning = () => undefined, onDetail, limits } = this.#listeners;
    this.#joined ??= await MeshSession.join({
      surroundings: this.#surroundings,
      home: this.#home.folder,
      keys: this.#home.logKeys,
      device: this.#home.device,
      ticket: this.#home.ticket,
      ...(onDetail ? { onDetail } : {}),
      ...(limits ? { limits } : {}),
      ...(options.signal ? { signal: options.signal } : {}),
    });
    return {
      home: this.#home,
      state: this.#state,
      session: this.#joined,
      surroundings: this.#surroundings,
      wait: options.signal ? { signal: options.signal } : {},
      warn: onWarning,
    };
  }

  /** Throws 'unavailable' when nobody answers, 'rollback', 'forgery'. A vault that was never backed up has no holders: no error. */
  async #sync(work: VaultWork, onAlarm?: (alarm: VaultError) => void): Promise<void> {
    const { home, state, session, wait, warn } = work;
    if (session.holders().length === 0 && state.logs.devices().length === 0) return;
    const result = await syncLog({
      state,
      keys: home.logKeys,
      exchange: session.exchange,
      ...wait,
      ...(onAlarm ? { onAlarm } : {}),
    });
    for (const problem of result.problems) warn(problem.message);
    if (home.device.role === 'keeper') await stayKnown(work);
  }

  /** For lists: when nobody can be asked, what this machine remembers is better than nothing, and said to be that. */
  async #syncOrRemember(options: CommonOptions): Promise<void> {
    try {
      await this.#sync(await this.#work(options));
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!isVaultError(error, 'unavailable', 'too-few-peers', 'timeout')) throw error;
      this.#listeners.onWarning?.(`${error.message}; this is what this machine remembers`);
    }
  }
}
