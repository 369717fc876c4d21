/** The simulated mesh: real `vault-peer` processes on loopback, each in a zone of its own, and clients with fresh homes. */
import fs from 'node:fs';
import path from 'node:path';
import { type PeerProcess, startPeerProcess } from '../../src/api/peer-process.ts';
import { type ProgramOptions, type ProgramResult, runProgram, VAULT, VAULT_PEER } from './program.ts';
import { Switchboard } from './switchboard.ts';

const PASSPHRASE = 'correct horse battery staple';
const CLIENT = 'client';

/** Seconds instead of hours, so that a mesh heals while one waits: options of `vault-peer run`. */
const QUICK_TIMES: Readonly<Record<string, string>> = {
  'suspect-after': '4s',
  'away-after': '8s',
  'lost-after': '20s',
  'check-every': '2s',
  'audit-every': '4s',
  'scrub-every': '60s',
};

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

interface RunOptions {
  /** Options of `vault-peer run` besides QUICK_TIMES, or in place of them. */
  readonly options?: Readonly<Record<string, string>>;
  readonly clockShiftMs?: number;
}

export class World {
  readonly root: string;
  readonly peers: SimulatedPeer[] = [];
  readonly switchboard: Switchboard;
  readonly #passwordFile: string;
  readonly #ticketFile: string;
  readonly #wordsFile: string;
  #peakRssBytes = 0;

  private constructor(root: string, switchboard: Switchboard) {
    this.root = root;
    this.switchboard = switchboard;
    this.#passwordFile = path.join(root, 'passphrase');
    this.#ticketFile = path.join(root, 'ticket');
    this.#wordsFile = path.join(root, 'words');
    fs.writeFileSync(this.#passwordFile, PASSPHRASE, { mode: 0o600 });
  }

  /** `count` peers that know each other. Throws when one does not start. */
  static async start(root: string, count: number): Promise<World> {
    const world = new World(root, await Switchboard.start());
    for (let i = 0; i < count; i++) await world.addPeer();
    await world.renewTicket();
    return world;
  }

  /** A new machine that joins with the ticket. */
  async addPeer(): Promise<SimulatedPeer> {
    const name = `peer-${this.peers.length}`;
    const folder = path.join(this.root, name);
    const verb = this.peers.length === 0 ? ['init'] : ['join', `@${this.#ticketFile}`];
    const settings = ['--name', name, '--zone', `zone-${this.peers.length}`, '--capacity', '20GiB'];
    const listen = ['--listen', '/ip4/127.0.0.1/tcp/0'];
    const made = await runProgram(VAULT_PEER, [...verb, '--data', folder, ...settings, ...listen]);
    if (made.code !== 0) throw new Error(`vault-peer ${verb[0]} failed (${made.code}): ${made.stderr}`);
    const peer: SimulatedPeer = { name, folder, process: undefined };
    this.peers.push(peer);
    await this.up(peer);
    if (this.peers.length === 1)
      fs.writeFileSync(this.#ticketFile, peer.process?.ready.ticket ?? '', { mode: 0o600 });
    return peer;
  }

  /** A ticket of now, with the addresses of all whom a running peer knows, so that any of them may fail. */
  async renewTicket(): Promise<void> {
    const ticket = await runProgram(VAULT_PEER, ['ticket', '--data', this.running[0]?.folder ?? '']);
    fs.writeFileSync(this.#ticketFile, textOf(ticket, 'ticket'), { mode: 0o600 });
  }

  get running(): readonly SimulatedPeer[] {
    return this.peers.filter((peer) => peer.process?.alive);
  }

  /** Starts a peer that is down and waits until it serves. */
  async up(peer: SimulatedPeer, options: RunOptions = {}): Promise<void> {
    const given = Object.entries({ ...QUICK_TIMES, ...options.options });
    const args = given.flatMap(([name, value]) => [`--${name}`, value]);
    const env = this.switchboard.envOf(peer.name, options.clockShiftMs);
    peer.process = await startPeerProcess({ program: VAULT_PEER, folder: peer.folder, args, env });
    for (const address of peer.process.ready.addresses) {
      const port = /\/tcp\/(\d+)/.exec(address)?.[1];
      if (port) this.switchboard.know(peer.name, Number(port));
    }
  }

  async down(peer: SimulatedPeer): Promise<void> {
    this.#notePeak(peer);
    await peer.process?.kill();
    peer.process = undefined;
  }

  get peakPeerRssBytes(): number {
    for (const peer of this.peers) this.#notePeak(peer);
    return this.#peakRssBytes;
  }

  #notePeak(peer: SimulatedPeer): void {
    this.#peakRssBytes = Math.max(this.#peakRssBytes, peer.process?.peakRssBytes() ?? 0);
  }

  #env(home: string): Record<string, string> {
    const own = { VAULT_HOME: home, VAULT_PASSWORD_FILE: this.#passwordFile };
    return { ...this.switchboard.envOf(CLIENT), ...own };
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
    await this.switchboard.stop();
    if (!keep) fs.rmSync(this.root, { recursive: true, force: true });
  }

  /** For exit handlers: no waiting. */
  killNow(): void {
    for (const peer of this.peers) peer.process?.killNow();
  }
}
