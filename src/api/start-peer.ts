/** Runs a peer: joins the mesh, serves what it holds, tells the DHT about it, and ends without a trace in memory. */
import path from 'node:path';
import { machineTag, mdnsTag, prologueOf, storagePeersKey, vaultHoldersKey } from '../crypto/mesh-keys.ts';
import { encodeAdvert } from '../format/advert.ts';
import { VaultError } from '../model/errors.ts';
import type { VaultId } from '../model/ids.ts';
import { MiB } from '../model/units.ts';
import { startLibp2pNetwork } from '../network/libp2p-network.ts';
import type { Network } from '../network/network.ts';
import { serveHoldings } from '../protocol/holder-service.ts';
import { systemClock } from '../runtime/system-clock.ts';
import { systemRandom } from '../runtime/system-random.ts';
import type { Holdings } from '../store/holdings.ts';
import { type FolderLock, lockFolder } from './folder-lock.ts';
import { readKnownPeers, writeKnownPeers } from './known-peers.ts';
import { dialable, isLoopback } from './listen-addresses.ts';
import { machineId } from './machine-id.ts';
import { type PeerFolder, readPeerFolder } from './peer-folder.ts';
import { openHoldings } from './peer-holdings.ts';
import { peerOfAddress, ticketOf } from './peer-ticket.ts';
import type { RunningPeer, StartPeerOptions } from './peer-types.ts';
import { programVersion } from './program-version.ts';
import { settlePort } from './settle-port.ts';
import { readStatusFile, type StatusFile, uptimeShare, writeStatusFile } from './status-file.ts';

/** Memory for chunks on their way in and out, all streams together (T4): as much as keeps a disk and a LAN busy. */
const BULK_BYTES: number = 24 * MiB;
const REFRESH_MS = 2000;
/** A new connection is worth writing down soon, but after the two have introduced themselves. */
const SOON_MS = 300;
/** "Ready" waits this long for a first peer of the mesh, when there should be some. */
const FIRST_PEER_MS = 1500;
const POLL_MS = 50;
const ANNOUNCE_MS = 60_000;
const REMEMBERED_PEERS = 64;
const ADDRESSES_PER_PEER = 4;

/** Starts in order: lock, holdings, network, service; undone in the opposite order when a step fails. */
export async function startPeer(options: StartPeerOptions): Promise<RunningPeer> {
  const made = await readPeerFolder(options.folder);
  const lock = await lockFolder(options.folder);
  try {
    const peer = await settlePort(made, options);
    const holdings = await openHoldings(peer, options.onWarning);
    const bootstrap = (await readKnownPeers(options.folder)).addresses;
    const network = await openNetwork(peer, bootstrap, options);
    try {
      const running = new PeerRun(peer, holdings, network, options);
      await running.start(lock, bootstrap);
      return running;
    } catch (error) {
      await network.stop();
      throw error;
    }
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function openNetwork(
  peer: PeerFolder,
  bootstrap: readonly string[],
  options: StartPeerOptions,
): Promise<Network> {
  const { meshSecret, seed, settings, folder } = peer;
  const local = settings.listen.every(isLoopback);
  return startLibp2pNetwork({
    privateKeySeed: seed,
    prologue: prologueOf(meshSecret),
    listen: settings.listen,
    dataDir: path.join(folder, 'network'),
    mode: 'server',
    bootstrap,
    ...(local ? {} : { mdnsTag: mdnsTag(meshSecret) }),
    clock: systemClock,
    random: systemRandom,
    ...(options.onDetail ? { log: options.onDetail } : {}),
  });
}

class PeerRun implements RunningPeer {
  readonly #peer: PeerFolder;
  readonly #holdings: Holdings;
  readonly #network: Network;
  readonly #options: StartPeerOptions;
  readonly #machine: string;
  readonly #ending = new AbortController();
  readonly #background: Promise<void>[] = [];
  readonly #startedMs = systemClock.now();
  #firstRunMs = systemClock.now();
  #upBeforeMs = 0;
  #writtenStatus = '';
  #writtenKnown = '';
  #release: () => Promise<void> = async () => undefined;

  constructor(peer: PeerFolder, holdings: Holdings, network: Network, options: StartPeerOptions) {
    this.#peer = peer;
    this.#holdings = holdings;
    this.#network = network;
    this.#options = options;
    this.#machine = machineTag(peer.meshSecret, machineId());
  }

  get peerId(): string {
    return this.#peer.peerId;
  }

  get settings(): PeerFolder['settings'] {
    return this.#peer.settings;
  }

  addresses(): readonly string[] {
    return dialable(this.#network.addresses());
  }

  async ticket(): Promise<string> {
    return ticketOf(this.#peer.meshSecret, this.peerId, this.addresses(), await this.#others());
  }

  async start(lock: FolderLock, bootstrap: readonly string[]): Promise<void> {
    const before = await readStatusFile(this.#peer.folder);
    this.#firstRunMs = before?.firstRunMs ?? this.#startedMs;
    this.#upBeforeMs = before?.upMs ?? 0;
    this.#writtenKnown = bootstrap.join();
    const service = await serveHoldings({
      network: this.#network,
      holdings: this.#holdings,
      advert: () => this.#advert(),
      clock: systemClock,
      onVault: (vault) => this.#announceVault(vault),
      log: (message) => this.#detail(message),
      limits: { bulkBytes: BULK_BYTES },
    });
    this.#release = async () => {
      await service.stop();
      await this.#network.stop();
      await Promise.all(this.#background);
      lock.release();
    };
    if (bootstrap.length > 0) await this.#firstPeer();
    this.#run(this.#announceMesh());
    for (const vault of this.#holdings.vaults()) this.#announceVault(vault);
    await this.#refresh();
    this.#run(this.#refreshForever());
  }

  async stop(): Promise<void> {
    if (this.#ending.signal.aborted) return;
    this.#ending.abort(new VaultError('closed', 'this peer is stopping'));
    this.#writtenStatus = ''; // the time up counts to the end
    await this.#refresh();
    await this.#release();
  }

  #advert(): Uint8Array {
    const { settings, peerId } = this.#peer;
    const usage = this.#holdings.usage();
    return encodeAdvert(
      {
        peer: peerId,
        name: settings.name,
        zone: settings.zone,
        machine: this.#machine,
        capacityBytes: usage.capacityBytes,
        freeBytes: Math.max(0, Math.floor(usage.freeBytes)),
        version: programVersion(),
        uptimeShare: uptimeShare(this.#status(0, 0), systemClock.now()),
        issuedAt: Math.floor(systemClock.now()),
        accepting: true,
      },
      (message) => this.#network.sign(message),
    );
  }

  #status(peersKnown: number, freeBytes: number): StatusFile {
    const usage = this.#holdings.usage();
    const now = systemClock.now();
    return {
      pid: process.pid,
      addresses: this.addresses(),
      peersKnown,
      peersConnected: this.#network.connected().length,
      vaultsHeld: usage.vaults,
      chunks: usage.chunks,
      bytes: usage.bytes,
      freeBytes,
      firstRunMs: this.#firstRunMs,
      upMs: this.#upBeforeMs + (now - this.#startedMs),
      writtenMs: now,
    };
  }

  /** Full addresses of the peers that can be dialled, storage peers among them. */
  async #others(): Promise<readonly string[]> {
    const known = await this.#network.known();
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
    const others = await this.#others();
    const peers = new Set(others.map(peerOfAddress)).size;
    const { freeBytes } = await this.#holdings.measure();
    const status = this.#status(peers, freeBytes);
    const minute = Math.floor(status.writtenMs / ANNOUNCE_MS);
    const coarse = { freeBytes: Math.round(freeBytes / MiB), upMs: 0, writtenMs: 0 };
    const key = JSON.stringify([{ ...status, ...coarse }, minute]);
    if (key !== this.#writtenStatus) await writeStatusFile(this.#peer.folder, status);
    this.#writtenStatus = key;
    const kept = others.slice(0, REMEMBERED_PEERS * ADDRESSES_PER_PEER);
    if (kept.length === 0 || kept.join() === this.#writtenKnown) return;
    await writeKnownPeers(this.#peer.folder, { addresses: kept, names: new Map() });
    this.#writtenKnown = kept.join();
  }

  async #refreshForever(): Promise<void> {
    const { signal } = this.#ending;
    let changed = false;
    const forget = this.#network.onChange(() => {
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
      if (this.#network.connected().length > 0) return;
      await systemClock.sleep(POLL_MS, signal);
    }
  }

  /** The network renews what it announced; this repeats until the first announcement has worked. */
  async #announce(key: Uint8Array, what: string): Promise<void> {
    const { signal } = this.#ending;
    for (let waitMs = 1000; !signal.aborted; waitMs = Math.min(2 * waitMs, ANNOUNCE_MS)) {
      try {
        await this.#network.announce(key, { signal });
        return;
      } catch (error) {
        if (signal.aborted) return;
        this.#detail(
          `could not announce ${what} yet: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
      await systemClock.sleep(waitMs, signal);
    }
  }

  #announceMesh(): Promise<void> {
    return this.#announce(storagePeersKey(this.#peer.meshSecret), 'this peer');
  }

  #announceVault(vault: VaultId): void {
    this.#run(this.#announce(vaultHoldersKey(this.#peer.meshSecret, vault), 'a vault'));
  }

  /** Background work ends with the peer; what goes wrong before is said. */
  #run(work: Promise<void>): void {
    this.#background.push(
      work.catch((error: unknown) => {
        if (this.#ending.signal.aborted) return;
        this.#options.onWarning?.(error instanceof Error ? error.message : String(error));
      }),
    );
  }

  #detail(message: string): void {
    this.#options.onDetail?.(message);
  }
}
