/** A real `vault-peer run` of the compiled program, perhaps in a network namespace: start, kill, and what it takes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { peakRssOf, timesOf } from '../proc.ts';
import type { Workspace } from '../workspace.ts';

export interface PeerChildOptions {
  readonly workspace: Workspace;
  /** Command line that runs `vault-peer`, without its arguments. */
  readonly line: readonly string[];
  readonly folder: string;
  /** Further ones of `run`. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Called for each line of its standard error. */
  readonly onComplaint?: (line: string) => void;
}

const READY_MS = 30_000;
const COMPLAINTS = 8192;

/** Calls `onLine` for each whole line; the returned function gives the end of what came. */
function readLines(stream: NodeJS.ReadableStream | null, onLine: (line: string) => void): () => string {
  let [rest, tail] = ['', ''];
  stream?.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-COMPLAINTS);
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  });
  return () => tail;
}

export class PeerChild {
  readonly folder: string;
  readonly ticket: string;
  readonly #child: ChildProcess;

  private constructor(folder: string, ticket: string, child: ChildProcess) {
    this.folder = folder;
    this.ticket = ticket;
    this.#child = child;
  }

  /** Resolves when it serves. Throws when it ends before, or does not get there in 30 s. */
  static async start(options: PeerChildOptions): Promise<PeerChild> {
    const { workspace, line, folder, args: more = [], env, onComplaint = () => undefined } = options;
    const [program = '', ...before] = line;
    const args = [...before, 'run', '--json', '--until-stdin-ends', '--data', folder, ...more];
    const child = workspace.watch(
      spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...env } }),
    );
    child.stdin.on('error', () => undefined);
    const complaints = readLines(child.stderr, onComplaint);
    const ready = new Promise<string>((resolve) => {
      readLines(child.stdout, (text) => {
        const word = JSON.parse(text) as { readonly message_type: string; readonly ticket?: string };
        if (word.message_type === 'ready' && word.ticket !== undefined) resolve(word.ticket);
      });
    });
    const late = setTimeout(() => child.kill('SIGKILL'), READY_MS);
    const ended = once(child, 'exit').then(() => undefined);
    const ticket = await Promise.race([ready, ended]);
    clearTimeout(late);
    if (ticket === undefined) throw new Error(`a peer did not start: ${complaints().trim()}`);
    return new PeerChild(folder, ticket, child);
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  get cpuMs(): number {
    return timesOf(this.pid)?.cpuMs ?? 0;
  }

  get peakRssBytes(): number {
    return peakRssOf(this.pid) ?? 0;
  }

  /** SIGKILL, and waits until it is gone. */
  async kill(): Promise<void> {
    if (!this.alive) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }
}
