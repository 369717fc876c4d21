/** A mesh of real `vault-peer` processes on loopback, and `vault` command lines against it, in temporary folders. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { runProgram } from '../../cli/terminal/program.ts';
import { vaultProgram } from '../../cli/vault-program.ts';
import { initPeer, joinPeer, type PeerProcess, startPeerProcess } from '../../src/index.ts';
import { fakeTerminal, NO_SIGNAL } from './fake-terminal.ts';

export const VAULT_PEER: string = path.resolve('peer/vault-peer.mjs');

/** Machines that run tests may be busy with other things. */
const READY_MS = 120_000;

export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** Lines of standard output, when --json was given. */
  readonly messages: readonly Record<string, unknown>[];
}

/** What it printed, without empty lines. */
export function linesOf({ out }: Outcome): string[] {
  return out.split('\n').filter((line) => line !== '');
}

export class TestMesh {
  readonly root: string;
  readonly folders: string[] = [];
  readonly running: Map<number, PeerProcess> = new Map();
  ticket = '';

  constructor() {
    this.root = mkdtempSync(path.join(os.tmpdir(), 'vault-mesh-test-'));
  }

  /** Makes and starts peers, each in a zone of its own. */
  async add(count: number, capacityBytes: number = 2 ** 30): Promise<void> {
    for (let i = 0; i < count; i++) {
      const index = this.folders.length;
      const folder = path.join(this.root, `peer-${index}`);
      const wish = { folder, name: `peer-${index}`, zone: `zone-${index}`, capacityBytes };
      const listen = ['/ip4/127.0.0.1/tcp/0'];
      const made =
        this.ticket === ''
          ? await initPeer({ ...wish, listen })
          : await joinPeer({ ...wish, listen, ticket: this.ticket });
      this.folders.push(folder);
      await this.up(index);
      if (this.ticket === '') this.ticket = made.ticket;
      else this.ticket = this.running.get(index)?.ready.ticket ?? this.ticket;
    }
  }

  async up(...indexes: number[]): Promise<void> {
    await Promise.all(
      indexes.map(async (index) => {
        const folder = this.folders[index] ?? '';
        const env = { VAULT_MACHINE_ID: `test machine ${index}` };
        this.running.set(
          index,
          await startPeerProcess({ program: VAULT_PEER, folder, env, readyMs: READY_MS }),
        );
      }),
    );
  }

  async kill(...indexes: number[]): Promise<void> {
    await Promise.all(indexes.map(async (index) => this.running.get(index)?.kill()));
    for (const index of indexes) this.running.delete(index);
  }

  /** Files of all chunks of all peers, by chunk name. */
  chunkFiles(): Map<string, string[]> {
    const found = new Map<string, string[]>();
    for (const folder of this.folders) {
      for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
        if (!/chunks\/[0-9a-f]{2}\/bafk/.test(entry)) continue;
        const name = path.basename(entry);
        found.set(name, [...(found.get(name) ?? []), path.join(folder, entry)]);
      }
    }
    return found;
  }

  /** One command line of `vault`, in this process. */
  async vault(
    words: readonly string[],
    options: {
      home?: string;
      input?: string;
      password?: string;
      env?: Readonly<Record<string, string>>;
    } = {},
  ): Promise<Outcome> {
    const terminal = fakeTerminal({
      env: {
        VAULT_HOME: path.join(this.root, options.home ?? 'home'),
        VAULT_PASSWORD: options.password ?? 'passphrase',
        ...options.env,
      },
      ...(options.input === undefined ? {} : { input: options.input }),
    });
    const code = await runProgram(vaultProgram, words, terminal, NO_SIGNAL);
    const messages = words.includes('--json') ? terminal.messages() : [];
    return { code, out: terminal.out(), err: terminal.err(), messages };
  }

  async end(): Promise<void> {
    await this.kill(...this.running.keys());
    rmSync(this.root, { recursive: true, force: true });
  }
}
