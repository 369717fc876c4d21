/** A running peer on this machine: a thin shell around `PeerNode` that writes its status and the peers it knows, and follows requests. */
import { machineTag } from '../crypto/mesh-keys.ts';
import type { KeeperSettings } from '../maintenance/keeper-settings.ts';
import { PeerNode } from '../maintenance/peer-node.ts';
import { VaultError } from '../model/errors.ts';
import { MiB } from '../model/units.ts';
import type { Network } from '../network/network.ts';
import { nodeDisk } from '../runtime/node-disk.ts';
import { systemClock } from '../runtime/system-clock.ts';
import { systemRandom } from '../runtime/system-random.ts';
import type { Holdings } from '../store/holdings.ts';
import type { BulkLimits } from './bulk-limits.ts';
import { readDrainRequest, removeDrainRequest } from './drain-request.ts';
import type { FolderLock } from './folder-lock.ts';
import { writeKnownPeers } from './known-peers.ts';
import { dialable } from './listen-addresses.ts';
import { machineId } from './machine-id.ts';
import type { PeerFolder } from './peer-folder.ts';
import { peerOfAddress, ticketOf } from './peer-ticket.ts';
import type { RunningPeer, StartPeerOptions } from './peer-types.ts';
import { programVersion } from './program-version.ts';
import { readStatusFile, type StatusFile, uptimeShare, writeStatusFile } from './status-file.ts';
import { type UpkeepReport, upkeepReport } from './upkeep-report.ts';
import type { TransferLimits } from './vault-handle.ts';

/** Memory for chunks on their way in and out, all streams together (T4): as much as keeps a disk and a LAN busy. */
const BULK_BYTES: number = 24 * MiB;
const REFRESH_MS = 2000;
/** A new connection is worth writing down soon, but after the two have introduced themselves. */
const SOON_MS = 300;
/** "Ready" waits this long for a first peer of the mesh, when there should be some. */
const FIRST_PEER_MS = 1500;
const POLL_MS = 50;
/** A status in which only times changed is written this often. */
const STALE_MS = 60_000;
const REMEMBERED_PEERS = 64;
const ADDRESSES_PER_PEER = 4;

export interface PeerRunOptions {
  readonly peer: PeerFolder;
  readonly holdings: Holdings;
  readonly network: Network;
  readonly limits: BulkLimits;
  readonly lock: FolderLock;
  readonly settings: KeeperSettings;
  readonly options: StartPeerOptions;
}

export class PeerRun implements RunningPeer {
  readonly #parts: PeerRunOptions;
  readonly #ending = new AbortController();
  readonly #startedMs = systemClock.now();
  #node: PeerNode | undefined;
  #refreshing: Promise<void> = Promise.resolve();
  #firstRunMs = systemClock.now();
  #upBeforeMs = 0;
  #writtenStatus = '';
  #writtenKnown = '';

  constructor(parts: PeerRunOptions) {
    this.#parts = parts;
  }

  get peerId(): string {
    return this.#parts.peer.peerId;
  }

  get settings(): PeerFolder['settings'] {
    return this.#parts.peer.settings;
  }

  addresses(): readonly string[] {
    return dialable(this.#parts.network.addresses());
  }

  async ticket(): Promise<string> {
    const { meshSecret } = this.#parts.peer;
    return ticketOf(meshSecret, this.peerId, this.addresses(), await this.#others());
  }

  upkeep(): UpkeepReport {
    if (!this.#node) throw new VaultError('internal', 'bug: this peer was not started');
    return upkeepReport(this.#node.status());
  }

  async drain(on: boolean): Promise<void> {
    await this.#node?.drain(on);
    await this.#refresh();
  }

  limit(limits: TransferLimits): void {
    this.#parts.limits.change(limits);
  }

  async start(bootstrap: readonly string[]): Promise<void> {
    const { peer, holdings, network, settings, options } = this.#parts;
    const before = await readStatusFile(peer.folder);
    this.#firstRunMs = before?.firstRunMs ?? this.#startedMs;
    this.#upBeforeMs = before?.upMs ?? 0;
    this.#writtenKnown = bootstrap.join();
    const { name, zone } = peer.settings;
    const machine = machineTag(peer.meshSecret, machineId());
    this.#node = await PeerNode.start({
      network,
      holdings,
      disk: nodeDisk(),
      folder: peer.folder,
      meshSecret: peer.meshSecret,
      identity: { name, zone, machine, version: programVersion() },
      clock: systemClock,
      random: systemRandom,
      settings,
      limits: { bulkBytes: BULK_BYTES },
      uptimeShare: () => uptimeShare(this.#times(), systemClock.now()),
      ...(options.onWarning ? { onWarning: options.onWarning } : {}),
      ...(options.onDetail ? { onDetail: options.onDetail } : {}),
    });
    if (bootstrap.length > 0) await this.#firstPeer();
    await this.#refresh();
    this.#refreshing = this.#refreshForever().catch((error: unknown) => {
      if (!this.#ending.signal.aborted) options.onWarning?.(messageOf(error));
    });
  }

  async stop(): Promise<void> {
    if (this.#ending.signal.aborted) return;
    const { network, holdings, lock } = this.#parts;
    this.#ending.abort(new VaultError('closed', 'this peer is stopping'));
    await this.#refreshing;
    this.#writtenStatus = ''; // the time up counts to the end
    await this.#refresh();
    await this.#node?.stop();
    await network.stop();
    holdings.close();
    lock.release();
  }

  #times(): Pick<StatusFile, 'firstRunMs' | 'upMs'> {
    return { firstRunMs: this.#firstRunMs, upMs: this.#upBeforeMs + (systemClock.now() - this.#startedMs) };
  }

  #status(peersKnown: number, freeBytes: number): StatusFile {
    const { holdings, network } = this.#parts;
    const { vaults, chunks, bytes } = holdings.usage();
    return {
      pid: process.pid,
      addresses: this.addresses(),
      peersKnown,
      peersConnected: network.connected().length,
      vaultsHeld: vaults,
      chunks,
      bytes,
      freeBytes,
      ...this.#times(),
      writtenMs: systemClock.now(),
      upkeep: this.upkeep(),
    };
  }

  /** Full addresses of the peers that can be dialled, storage peers among them. */
  async #others(): Promise<readonly string[]> {
    const known = await this.#parts.network.known();
    return known
      .filter(({ peer }) => peer !== this.peerId)
      .flatMap(({ peer, addresses }) =>
        dialable(addresses)
          .slice(0, ADDRESSES_PER_PEER)
          .map((address) => (peerOfAddress(address) === peer ? address : `${address}/p2p/${peer}`)),
      );
  }

  /** Writes what changed: the status for `vault-peer status`, the known peers for the next start. */
  async #refresh(): Promise<void> {
    const { peer, holdings } = this.#parts;
    await this.#followRequest();
    const others = await this.#others();
    const { freeBytes } = await holdings.measure();
    const status = this.#status(new Set(others.map(peerOfAddress)).size, freeBytes);
    const key = coarse(status);
    if (key !== this.#writtenStatus) await writeStatusFile(peer.folder, status);
    this.#writtenStatus = key;
    const kept = others.slice(0, REMEMBERED_PEERS * ADDRESSES_PER_PEER);
    if (kept.length === 0 || kept.join() === this.#writtenKnown) return;
    await writeKnownPeers(peer.folder, { addresses: kept, names: new Map() });
    this.#writtenKnown = kept.join();
  }

  /** `vault-peer drain` asks by a file; it is removed once its wish is remembered. */
  async #followRequest(): Promise<void> {
    const { folder } = this.#parts.peer;
    const on = await readDrainRequest(folder);
    if (on === undefined) return;
    await this.#node?.drain(on);
    await removeDrainRequest(folder);
    this.#writtenStatus = ''; // who asked waits for a status that is newer than the question
  }

  async #refreshForever(): Promise<void> {
    const { signal } = this.#ending;
    let changed = false;
    const forget = this.#parts.network.onChange(() => {
      changed = true;
    });
    try {
      while (!signal.aborted) {
        for (let waitedMs = 0; waitedMs < REFRESH_MS && !changed; waitedMs += SOON_MS) {
          await systemClock.sleep(SOON_MS, signal);
        }
        if (changed) await systemClock.sleep(SOON_MS, signal);
        changed = false;
        await this.#refresh();
      }
    } finally {
      forget();
    }
  }

  /** So that the first ticket and the first answers already know the mesh; a lone peer does not wait for ever. */
  async #firstPeer(): Promise<void> {
    const { signal } = this.#ending;
    for (let waitedMs = 0; waitedMs < FIRST_PEER_MS; waitedMs += POLL_MS) {
      if (this.#parts.network.connected().length > 0) return;
      await systemClock.sleep(POLL_MS, signal);
    }
  }
}

/** Equal for two statuses of which the second is not worth writing yet. */
function coarse({ upkeep, ...status }: StatusFile): string {
  const minute = Math.floor(status.writtenMs / STALE_MS);
  const figures = { freeBytes: Math.round(status.freeBytes / MiB), upMs: 0, writtenMs: 0 };
  const peers = upkeep?.peers.map((peer) => ({ ...peer, silentMs: 0 }));
  return JSON.stringify([{ ...status, ...figures }, { ...upkeep, peers }, minute]);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
