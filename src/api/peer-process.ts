/** A real `vault-peer run` in a process of its own, for demonstrations, simulations and tests: start, pause, kill, stop. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { VaultError } from '../model/errors.ts';
import { KiB } from '../model/units.ts';
import { systemClock } from '../runtime/system-clock.ts';

export interface PeerProcessOptions {
  /** Path of the program's launcher, `peer/vault-peer.mjs`. */
  readonly program: string;
  /** Its data folder, made by `initPeer` or `joinPeer`. */
  readonly folder: string;
  /** Further options of `vault-peer run`. */
  readonly args?: readonly string[];
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** How long it may take to become ready; 30 s unless said. */
  readonly readyMs?: number;
  readonly signal?: AbortSignal;
}

/** What the program says in its ready line. */
export interface PeerReady {
  readonly peerId: string;
  readonly addresses: readonly string[];
  readonly ticket: string;
}

export interface PeerExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const READY_MS = 30_000;
const STOP_MS = 10_000;
const STDERR_KEPT = 8 * KiB;

export class PeerProcess {
  readonly ready: PeerReady;
  readonly folder: string;
  readonly exited: Promise<PeerExit>;
  readonly #child: ChildProcess;

  constructor(child: ChildProcess, folder: string, ready: PeerReady, exited: Promise<PeerExit>) {
    this.#child = child;
    this.folder = folder;
    this.ready = ready;
    this.exited = exited;
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** SIGKILL, and waits until it is gone. */
  async kill(): Promise<PeerExit> {
    this.#child.kill('SIGKILL');
    return this.exited;
  }

  pause(): void {
    this.#child.kill('SIGSTOP');
  }

  resume(): void {
    this.#child.kill('SIGCONT');
  }

  /** SIGTERM, and SIGKILL when that does not help in 10 s. */
  async stop(): Promise<PeerExit> {
    this.resume();
    this.#child.kill('SIGTERM');
    const giveUp = systemClock.schedule(STOP_MS, () => this.#child.kill('SIGKILL'));
    try {
      return await this.exited;
    } finally {
      giveUp();
    }
  }

  /** For exit handlers: no waiting. */
  killNow(): void {
    this.#child.kill('SIGKILL');
  }

  /** Largest resident memory so far, where the system tells (Linux); `undefined` elsewhere and after the end. */
  peakRssBytes(): number | undefined {
    try {
      const match = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8'));
      return match ? Number(match[1]) * KiB : undefined;
    } catch {
      return undefined;
    }
  }
}

function parseReady(line: string): PeerReady | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof parsed !== 'object' || parsed === null || !('message_type' in parsed)) return undefined;
  if (parsed.message_type !== 'ready' || !('peer_id' in parsed) || !('ticket' in parsed)) return undefined;
  const addresses = 'addresses' in parsed && Array.isArray(parsed.addresses) ? parsed.addresses : [];
  return { peerId: String(parsed.peer_id), ticket: String(parsed.ticket), addresses: addresses.map(String) };
}

/** The last bytes of what the child complained about. */
function tailOf(child: ChildProcess): () => string {
  let tail = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-STDERR_KEPT);
  });
  return () => tail.trim();
}

function firstReady(child: ChildProcess): Promise<PeerReady> {
  return new Promise((resolve) => {
    let rest = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const ready of lines.map(parseReady)) if (ready) resolve(ready);
    });
  });
}

/**
 * Starts the program on this process's Node. The child watches its standard input and ends when this process dies, however
 * that happens. Throws 'io' when it ends before it is ready, 'timeout', or the signal's reason; then no process is left.
 */
export async function startPeerProcess(options: PeerProcessOptions): Promise<PeerProcess> {
  options.signal?.throwIfAborted();
  const child = spawn(
    process.execPath,
    [
      options.program,
      'run',
      '--json',
      '--until-stdin-ends',
      '--data',
      options.folder,
      ...(options.args ?? []),
    ],
    { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...options.env } },
  );
  child.stdin.on('error', () => undefined);
  const complaints = tailOf(child);
  const exited = new Promise<PeerExit>((resolve) => {
    child.on('exit', (code, signal) => resolve({ code, signal }));
    child.on('error', () => resolve({ code: 1, signal: null }));
  });
  const waiting = new AbortController();
  const signal = AbortSignal.any([waiting.signal, ...(options.signal ? [options.signal] : [])]);
  try {
    const ready = await Promise.race([
      firstReady(child),
      exited.then(({ code }) => {
        throw new VaultError('io', `vault-peer ended with code ${code} before it was ready: ${complaints()}`);
      }),
      systemClock.sleep(options.readyMs ?? READY_MS, signal).then(() => {
        throw new VaultError('timeout', `vault-peer was not ready in time: ${complaints()}`);
      }),
    ]);
    return new PeerProcess(child, options.folder, ready, exited);
  } catch (error) {
    child.kill('SIGKILL');
    await exited;
    throw error;
  } finally {
    waiting.abort(new VaultError('closed', 'no longer waiting'));
  }
}
