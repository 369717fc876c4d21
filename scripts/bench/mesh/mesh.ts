/** A mesh of real peers, each in a zone of its own, and commands of `vault` on it, measured together with the peers. */
import fs from 'node:fs';
import path from 'node:path';
import type { Programs } from '../build.ts';
import { bytesBelow } from '../data/file-list.ts';
import { type Command, measure } from '../measure.ts';
import { type Sample, withFigures } from '../sample.ts';
import type { Workspace } from '../workspace.ts';
import { countDhtMessages } from './dht-messages.ts';
import { PeerChild } from './peer-child.ts';
import { PeersMeter } from './peers-meter.ts';

const PASSPHRASE = 'bench';

/** Where a process of the mesh runs, and where it listens. */
export interface Place {
  /** Put before a command line: `ip netns exec NAME`, or nothing. */
  readonly prefix: readonly string[];
  /** Multiaddr. */
  readonly listen: string;
}

export const LOOPBACK: Place = { prefix: [], listen: '/ip4/127.0.0.1/tcp/0' };

export interface MeshOptions {
  readonly workspace: Workspace;
  readonly programs: Programs;
  /** Its own; made when it is not there. */
  readonly folder: string;
  /** One for each peer. */
  readonly places: readonly Place[];
  /** Where the client runs. */
  readonly client?: readonly string[];
  /** Further arguments of `vault-peer run`. */
  readonly runArgs?: readonly string[];
  /** Lets libp2p say each message to the DHT, and counts them. */
  readonly countDht?: boolean;
}

interface Word {
  readonly message_type: string;
  readonly data_added_packed?: number;
}

export class Mesh {
  readonly peers: PeerChild[] = [];
  readonly #options: MeshOptions;
  #peersDht = 0;
  #meter: PeersMeter | undefined;

  private constructor(options: MeshOptions) {
    this.#options = options;
  }

  /** Peers that know each other; none is left when one of them does not start. */
  static async start(options: MeshOptions): Promise<Mesh> {
    const mesh = new Mesh(options);
    try {
      fs.mkdirSync(options.folder, { recursive: true });
      for (const [number, place] of options.places.entries()) await mesh.#add(number, place);
      return mesh;
    } catch (error) {
      await mesh.stop();
      throw error;
    }
  }

  get ticketFile(): string {
    return path.join(this.#options.folder, 'ticket');
  }

  /** Measures a command of `vault` and what the peers take meanwhile. */
  async vault(home: string, args: readonly string[], more: Partial<Command> = {}): Promise<Sample> {
    const { workspace, programs, client = [], countDht = false } = this.#options;
    let sealedBytes: number | undefined;
    let dhtMessages = 0;
    const debug = countDht ? { DEBUG: DHT_LOG } : {};
    this.#peersDht = 0;
    this.#meter = new PeersMeter(this.peers);
    const sample = await measure(workspace, {
      ...more,
      line: [...client, process.execPath, programs.vault, ...args],
      env: { VAULT_HOME: home, VAULT_PASSWORD: PASSPHRASE, ...debug, ...more.env },
      onLine: (line) => {
        sealedBytes = sealedIn(line) ?? sealedBytes;
        more.onLine?.(line);
      },
      onComplaint: (line) => {
        dhtMessages += countDhtMessages(line);
      },
    });
    const sealed = sealedBytes === undefined ? {} : { sealedBytes };
    const dht = countDht ? { dhtMessages: dhtMessages + this.#peersDht } : {};
    return withFigures({ ...sample, peers: this.#meter.read() }, { ...sealed, ...dht });
  }

  /** In the middle of a measured command: what the peer took until now still counts. */
  async kill(number: number): Promise<void> {
    const peer = this.peers[number];
    if (!peer) return;
    this.#meter?.remember(peer);
    await peer.kill();
  }

  /** Starts a killed peer again. */
  async revive(number: number): Promise<void> {
    const [peer, place] = [this.peers[number], this.#options.places[number]];
    if (peer && place) this.peers[number] = await this.#run(peer.folder, place);
  }

  async createVault(home: string, copies: number): Promise<void> {
    const args = ['init', '--ticket', `@${this.ticketFile}`, '--copies', String(copies), '--json'];
    await this.vault(home, args);
  }

  /** Chunks, logs and trash of all peers together. */
  storedBytes(): number {
    return this.peers.reduce((sum, { folder }) => sum + bytesBelow(path.join(folder, 'vaults')), 0);
  }

  async stop(): Promise<void> {
    await Promise.all(this.peers.map((peer) => peer.kill()));
  }

  async #add(number: number, place: Place): Promise<void> {
    const { workspace, programs, folder } = this.#options;
    const data = path.join(folder, `peer-${number}`);
    const verb = number === 0 ? ['init'] : ['join', `@${this.ticketFile}`];
    const names = ['--name', `peer-${number}`, '--zone', `zone-${number}`, '--capacity', '500GiB'];
    const made = [...verb, '--data', data, ...names, '--listen', place.listen];
    await measure(workspace, { line: [...place.prefix, process.execPath, programs.vaultPeer, ...made] });
    const peer = await this.#run(data, place);
    this.peers.push(peer);
    // The newest ticket names all who are there, so that any of them may fail.
    fs.writeFileSync(this.ticketFile, peer.ticket, { mode: 0o600 });
  }

  #run(folder: string, place: Place): Promise<PeerChild> {
    const { workspace, programs, runArgs = [], countDht = false } = this.#options;
    return PeerChild.start({
      workspace,
      folder,
      line: [...place.prefix, process.execPath, programs.vaultPeer],
      args: runArgs,
      env: countDht ? { DEBUG: DHT_LOG } : {},
      onComplaint: (line) => {
        this.#peersDht += countDhtMessages(line);
      },
    });
  }
}

/** What libp2p's own log is told to say. */
const DHT_LOG = 'libp2p:kad-dht:network*';

/** Sealed bytes that a backup added, from its summary line. */
function sealedIn(line: string): number | undefined {
  if (!line.startsWith('{')) return undefined;
  const word = JSON.parse(line) as Word;
  return word.message_type === 'summary' ? word.data_added_packed : undefined;
}
