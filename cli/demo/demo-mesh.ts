/** Five real peers in a temporary folder, of which nothing is left afterwards: no process and no file, however the demo ends. */
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {
  initPeer,
  joinPeer,
  type PeerProcess,
  peerStatus,
  peerTicket,
  startPeerProcess,
  systemClock,
  VaultError,
} from '../../src/index.ts';

export interface DemoPeer {
  readonly name: string;
  readonly process: PeerProcess;
}

const ZONES = ['home', 'office', 'friend', 'parents', 'attic'];
const ACQUAINTED_MS = 20_000;
const POLL_MS = 100;

/** Restored folders may be read-only; then they are opened first. */
function removeTree(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  } catch {
    openFolders(folder);
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

function openFolders(folder: string): void {
  chmodSync(folder, 0o700);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) openFolders(path.join(folder, entry.name));
  }
}

export class DemoMesh {
  readonly root: string;
  readonly peers: DemoPeer[] = [];
  readonly #program: string;
  readonly #signal: AbortSignal;
  readonly #peaks = new Map<string, number>();
  #ended = false;
  readonly #lastResort = (): void => this.#endNow();

  /** `program` is the launcher of `vault-peer`. */
  constructor(program: string, signal: AbortSignal) {
    this.#program = program;
    this.#signal = signal;
    this.root = mkdtempSync(path.join(os.tmpdir(), 'vault-demo-'));
    process.on('exit', this.#lastResort);
  }

  /** Starts the first, then the others at once, and waits until it knows them all. Returns a ticket with all of them in it. */
  async start(): Promise<string> {
    const [first = '', ...others] = ZONES;
    const made = await initPeer(this.#wishes(first));
    await this.#run(first);
    const { ticket } = made;
    for (const zone of others) await joinPeer({ ...this.#wishes(zone), ticket });
    const started = await Promise.allSettled(others.map((zone) => this.#run(zone)));
    for (const result of started) if (result.status === 'rejected') throw result.reason;
    return this.#fullTicket();
  }

  #wishes(zone: string): { folder: string; name: string; zone: string; listen: readonly string[] } {
    const folder = path.join(this.root, `peer-${zone}`);
    return { folder, name: zone, zone, listen: ['/ip4/127.0.0.1/tcp/0'] };
  }

  async #run(zone: string): Promise<void> {
    const started = await startPeerProcess({
      program: this.#program,
      folder: this.#wishes(zone).folder,
      // Five processes here play five machines; with one machine's id for all, no copy would count.
      env: { VAULT_MACHINE_ID: `demo ${zone}` },
      signal: this.#signal,
    });
    this.peers.push({ name: zone, process: started });
  }

  async #fullTicket(): Promise<string> {
    const first = this.peers[0]?.process.folder ?? '';
    for (let waitedMs = 0; waitedMs < ACQUAINTED_MS; waitedMs += POLL_MS) {
      if ((await peerStatus(first)).peersKnown >= ZONES.length - 1) return peerTicket(first);
      await systemClock.sleep(POLL_MS, this.#signal);
    }
    throw new VaultError('timeout', 'the five peers did not find each other in time');
  }

  /** Largest resident memory of any peer so far; `undefined` where the system does not tell. */
  peakRssBytes(): number | undefined {
    for (const { name, process: peer } of this.peers) {
      const peak = peer.peakRssBytes();
      if (peak !== undefined) this.#peaks.set(name, peak);
    }
    return this.#peaks.size === 0 ? undefined : Math.max(...this.#peaks.values());
  }

  /** SIGKILL, without a word of warning. */
  async kill(peer: DemoPeer): Promise<void> {
    this.peakRssBytes();
    await peer.process.kill();
  }

  async end(): Promise<void> {
    if (this.#ended) return;
    await Promise.all(this.peers.map(({ process: peer }) => peer.kill()));
    removeTree(this.root);
    this.#ended = true;
    process.off('exit', this.#lastResort);
  }

  #endNow(): void {
    if (this.#ended) return;
    for (const { process: peer } of this.peers) peer.killNow();
    removeTree(this.root);
  }
}
