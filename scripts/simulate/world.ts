/** The simulated mesh: real `vault-peer` processes on loopback, each in a zone of its own, and clients with fresh homes. */
import fs from 'node:fs';
import path from 'node:path';
import { type PeerProcess, startPeerProcess } from '../../src/api/peer-process.ts';
import { type ProgramOptions, type ProgramResult, runProgram, VAULT, VAULT_PEER } from './program.ts';

const PASSPHRASE = 'correct horse battery staple';

/** The field of the first message that has it. */
function textOf(result: ProgramResult, field: string): string {
  const value = result.messages.find((message) => field in message)?.[field];
  if (typeof value === 'string') return value;
  throw new Error(`no ${field} in the answer (exit ${result.code}): ${result.stderr}`);
}

export interface SimulatedPeer {
  readonly name: string;
  readonly folder: string;
  process: PeerProcess | undefined;
}

export class World {
  readonly root: string;
  readonly peers: SimulatedPeer[] = [];
  readonly #passwordFile: string;
  readonly #ticketFile: string;
  readonly #wordsFile: string;

  private constructor(root: string) {
    this.root = root;
    this.#passwordFile = path.join(root, 'passphrase');
    this.#ticketFile = path.join(root, 'ticket');
    this.#wordsFile = path.join(root, 'words');
    fs.writeFileSync(this.#passwordFile, PASSPHRASE, { mode: 0o600 });
  }

  /** `count` peers that know each other. Throws when one does not start. */
  static async start(root: string, count: number): Promise<World> {
    const world = new World(root);
    for (let i = 0; i < count; i++) await world.#addPeer(i);
    // A ticket taken now has the addresses of all, so that any of them may fail.
    const ticket = await runProgram(VAULT_PEER, ['ticket', '--data', world.peers[0]?.folder ?? '']);
    fs.writeFileSync(world.#ticketFile, textOf(ticket, 'ticket'), { mode: 0o600 });
    return world;
  }

  async #addPeer(index: number): Promise<void> {
    const folder = path.join(this.root, `peer-${index}`);
    const verb = index === 0 ? ['init'] : ['join', `@${this.#ticketFile}`];
    const settings = ['--name', `peer-${index}`, '--zone', `zone-${index}`, '--capacity', '20GiB'];
    const listen = ['--listen', '/ip4/127.0.0.1/tcp/0'];
    const made = await runProgram(VAULT_PEER, [...verb, '--data', folder, ...settings, ...listen]);
    if (made.code !== 0) throw new Error(`vault-peer ${verb[0]} failed (${made.code}): ${made.stderr}`);
    const peer: SimulatedPeer = { name: `peer-${index}`, folder, process: undefined };
    this.peers.push(peer);
    await this.up(peer);
    if (index === 0) {
      fs.writeFileSync(this.#ticketFile, peer.process?.ready.ticket ?? '', { mode: 0o600 });
    }
  }

  /** Starts a peer that is down and waits until it serves. */
  async up(peer: SimulatedPeer): Promise<void> {
    peer.process = await startPeerProcess({ program: VAULT_PEER, folder: peer.folder });
  }

  async down(peer: SimulatedPeer): Promise<void> {
    await peer.process?.kill();
    peer.process = undefined;
  }

  get peakPeerRssBytes(): number {
    return Math.max(0, ...this.peers.map((peer) => peer.process?.peakRssBytes() ?? 0));
  }

  #env(home: string): Record<string, string> {
    return { VAULT_HOME: home, VAULT_PASSWORD_FILE: this.#passwordFile };
  }

  /** Runs `vault` with the given home folder's name. */
  vault(
    home: string,
    args: readonly string[],
    options: Omit<ProgramOptions, 'env'> = {},
  ): Promise<ProgramResult> {
    return runProgram(VAULT, args, { ...options, env: this.#env(path.join(this.root, home)) });
  }

  /** Makes the vault and keeps its words for `recover`. */
  async createVault(home: string): Promise<void> {
    const made = await this.vault(home, ['init', '--ticket', `@${this.#ticketFile}`]);
    if (made.code !== 0) throw new Error(`vault init failed (${made.code}): ${made.stderr}`);
    fs.writeFileSync(this.#wordsFile, textOf(made, 'recovery_words'), { mode: 0o600 });
  }

  /** An empty machine: nothing but the ticket and the words. */
  recover(home: string): Promise<ProgramResult> {
    return this.vault(home, ['recover', '--ticket', `@${this.#ticketFile}`, '--words-file', this.#wordsFile]);
  }

  /** Kills every peer and removes every file. Safe to call twice. */
  async end(keep: boolean): Promise<void> {
    await Promise.all(this.peers.map((peer) => this.down(peer)));
    if (!keep) fs.rmSync(this.root, { recursive: true, force: true });
  }

  /** For exit handlers: no waiting. */
  killNow(): void {
    for (const peer of this.peers) peer.process?.killNow();
  }
}
