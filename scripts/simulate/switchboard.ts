/** Cuts and slows the connections between simulated processes; works for every user on every system, without firewall rules. */
import { Worker } from 'node:worker_threads';
import type { WireOrder, WireRule } from './wire-rules.ts';

const SHIM = new URL('./surroundings-shim.mjs', import.meta.url);

export class Switchboard {
  readonly #worker: Worker;
  readonly #port: number;

  private constructor(worker: Worker, port: number) {
    this.#worker = worker;
    this.#port = port;
  }

  static async start(): Promise<Switchboard> {
    const worker = new Worker(new URL('./switchboard-worker.ts', import.meta.url));
    const port = await new Promise<number>((resolve, reject) => {
      worker.once('message', resolve).once('error', reject);
    });
    worker.unref();
    return new Switchboard(worker, port);
  }

  /** Environment of a process whose connections shall run through here, and whose clock is wrong by `shiftMs`. */
  envOf(name: string, shiftMs = 0): Record<string, string> {
    return {
      NODE_OPTIONS: `--import=${SHIM.href}`,
      VAULT_SIM_SWITCHBOARD: String(this.#port),
      VAULT_SIM_NAME: name,
      ...(shiftMs === 0 ? {} : { VAULT_SIM_CLOCK_SHIFT: String(shiftMs) }),
    };
  }

  /** Tells who listens at a port; before that, connections to it obey no rule of that peer. */
  know(name: string, port: number): void {
    this.#order({ kind: 'peer', name, port });
  }

  /** Replaces the rule of a peer; left out, its network is well again. */
  rule(name: string, rule: WireRule = {}): void {
    this.#order({ kind: 'rule', name, rule });
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }

  #order(order: WireOrder): void {
    this.#worker.postMessage(order);
  }
}
