/** Network namespaces of this machine with virtual cables between them, made and removed by `ip`; needs root. No traffic leaves them. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import type { Workspace } from '../workspace.ts';

/** Queue of a shaped cable: as much as a home router has. */
const QUEUE_MS = 100;
/** A bucket must hold what comes between two ticks of the kernel, and never less than a few packets. */
const LEAST_BURST = 32 * 1024;
const TICKS_PER_SECOND = 100;

async function run(workspace: Workspace, line: readonly string[]): Promise<void> {
  const [program = '', ...args] = line;
  const child = workspace.watch(spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] }));
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${line.join(' ')} ended with ${code}: ${complaint.trim()}`);
}

/** Why there can be none here; `undefined` when there can. */
export function whyNoNamespaces(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root: network namespaces and tc';
  for (const program of ['ip', 'tc']) {
    if (spawnSync(program, ['-V']).status !== 0) return `needs ${program}: apt-get install iproute2`;
  }
  return undefined;
}

export class Namespaces {
  readonly #workspace: Workspace;
  readonly #tag: string;
  readonly #made: string[] = [];

  constructor(workspace: Workspace) {
    this.#workspace = workspace;
    this.#tag = `vault-bench-${process.pid}-`;
    workspace.onEnd(() => this.remove());
  }

  /** To be put before a command line that shall run there. */
  prefix(name: string): readonly string[] {
    return ['ip', 'netns', 'exec', this.#tag + name];
  }

  async add(name: string): Promise<void> {
    this.#made.push(name);
    await run(this.#workspace, ['ip', 'netns', 'add', this.#tag + name]);
    await this.ip(name, 'link', 'set', 'lo', 'up');
  }

  /** `ip` as it sees one namespace. */
  ip(name: string, ...args: readonly string[]): Promise<void> {
    return run(this.#workspace, ['ip', '-n', this.#tag + name, ...args]);
  }

  /** A cable from `port` of one namespace to `port` of another; both ends are up. */
  async cable(from: string, port: string, to: string, otherPort: string): Promise<void> {
    const far = ['peer', 'name', otherPort, 'netns', this.#tag + to];
    await this.ip(from, 'link', 'add', port, 'type', 'veth', ...far);
    await this.ip(from, 'link', 'set', 'dev', port, 'up');
    await this.ip(to, 'link', 'set', 'dev', otherPort, 'up');
  }

  /** What leaves through this port goes no faster. */
  shape(name: string, port: string, bitsPerSecond: number): Promise<void> {
    const burst = Math.max(LEAST_BURST, Math.ceil(bitsPerSecond / 8 / TICKS_PER_SECOND));
    const bucket = ['rate', `${bitsPerSecond}bit`, 'burst', `${burst}b`, 'latency', `${QUEUE_MS}ms`];
    const line = ['tc', '-n', this.#tag + name, 'qdisc', 'add', 'dev', port, 'root', 'tbf', ...bucket];
    return run(this.#workspace, line);
  }

  /** Ends what still runs there as far as the kernel's references allow, and forgets them. Safe to call twice. */
  remove(): void {
    for (const name of this.#made.splice(0)) spawnSync('ip', ['netns', 'delete', this.#tag + name]);
  }
}
