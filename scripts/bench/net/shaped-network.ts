/**
 * An owner and some holders behind links of their own. netem is missing from many kernels, so the delay comes from proxies: the
 * holders' addresses also exist in a namespace "wan" next to the owner, where a proxy takes each connection and hands it, through a
 * socket in the file system, to its other half beside the holders. Programs on both sides see nothing but the holder's address.
 *
 *   owner --cable, shaped--> wan (10.77.1.i, proxy i: delay) ~~socket~~ hub (proxy i) --bridge--> holder i (10.77.1.i, shaped)
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { Place } from '../mesh/mesh.ts';
import { type InterfaceBytes, interfaceOf } from '../proc.ts';
import type { Workspace } from '../workspace.ts';
import type { DelayProxyOptions } from './delay-proxy.ts';
import { Namespaces } from './namespaces.ts';

const PROXY = path.join(import.meta.dirname, 'proxy-main.ts');
const PEER_PORT = 4150;
/** For plain transfers through the same links. */
export const RAW_PORT = 4151;

export interface Links {
  /** Bits per second; left out, as fast as the machine. */
  readonly ownerUp?: number;
  readonly ownerDown?: number;
  /** One for each holder. */
  readonly holdersUp: readonly (number | undefined)[];
  /** Between owner and holders, there and back. */
  readonly roundTripMs: number;
}

export class ShapedNetwork {
  readonly #workspace: Workspace;
  readonly #links: Links;
  readonly #namespaces: Namespaces;
  readonly #sockets: string;
  /** All proxies. */
  readonly #children: ChildProcess[] = [];
  /** Those next to the owner, by holder. */
  readonly #proxies: { readonly holder: number; readonly pid: number }[] = [];

  private constructor(workspace: Workspace, links: Links) {
    this.#workspace = workspace;
    this.#links = links;
    this.#namespaces = new Namespaces(workspace);
    this.#sockets = workspace.folder('net');
  }

  static async make(workspace: Workspace, links: Links): Promise<ShapedNetwork> {
    const network = new ShapedNetwork(workspace, links);
    try {
      await network.#layCables();
      for (const holder of links.holdersUp.keys()) {
        await network.#bridge(holder, PEER_PORT);
        await network.#bridge(holder, RAW_PORT);
      }
      return network;
    } catch (error) {
      await network.remove();
      throw error;
    }
  }

  get owner(): readonly string[] {
    return this.#namespaces.prefix('owner');
  }

  /** Where the holders' peers run and listen. */
  get places(): readonly Place[] {
    return [...this.#links.holdersUp.keys()].map((holder) => ({
      prefix: this.#namespaces.prefix(`holder${holder}`),
      listen: `/ip4/${addressOf(holder)}/tcp/${PEER_PORT}`,
    }));
  }

  /** What the owner has sent and received so far, as its link counts it. */
  ownerBytes(): InterfaceBytes {
    const far = interfaceOf(this.#proxies[0]?.pid ?? -1, 'owner');
    return { sent: far?.received ?? 0, received: far?.sent ?? 0 };
  }

  /** Nothing moves between the owner and these holders for so long, and nothing is lost. */
  async stall(ms: number, holders?: readonly number[]): Promise<void> {
    const held = this.#proxies.filter(({ holder }) => holders?.includes(holder) !== false);
    for (const { pid } of held) process.kill(pid, 'SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, ms));
    for (const { pid } of held) process.kill(pid, 'SIGCONT');
  }

  async remove(): Promise<void> {
    const running = this.#children.filter((child) => child.exitCode === null && child.signalCode === null);
    const gone = running.map((child) => once(child, 'exit'));
    for (const child of running) child.kill('SIGKILL');
    await Promise.all(gone);
    this.#namespaces.remove();
  }

  async #layCables(): Promise<void> {
    const net = this.#namespaces;
    const { ownerUp, ownerDown, holdersUp } = this.#links;
    for (const name of ['owner', 'wan', 'hub']) await net.add(name);
    await net.cable('owner', 'wire', 'wan', 'owner');
    await net.ip('owner', 'address', 'add', '10.77.2.1/24', 'dev', 'wire');
    await net.ip('wan', 'address', 'add', '10.77.2.254/24', 'dev', 'owner');
    await net.ip('owner', 'route', 'add', 'default', 'via', '10.77.2.254');
    if (ownerUp !== undefined) await net.shape('owner', 'wire', ownerUp);
    if (ownerDown !== undefined) await net.shape('wan', 'owner', ownerDown);
    await net.ip('hub', 'link', 'add', 'bridge', 'type', 'bridge');
    await net.ip('hub', 'address', 'add', '10.77.1.254/24', 'dev', 'bridge');
    await net.ip('hub', 'link', 'set', 'bridge', 'up');
    for (const [holder, up] of holdersUp.entries()) await this.#layHolder(holder, up);
  }

  async #layHolder(holder: number, up: number | undefined): Promise<void> {
    const net = this.#namespaces;
    const name = `holder${holder}`;
    await net.add(name);
    await net.cable(name, 'wire', 'hub', name);
    await net.ip('hub', 'link', 'set', name, 'master', 'bridge');
    await net.ip(name, 'address', 'add', `${addressOf(holder)}/24`, 'dev', 'wire');
    await net.ip(name, 'route', 'add', 'default', 'via', '10.77.1.254');
    await net.ip('wan', 'address', 'add', `${addressOf(holder)}/32`, 'dev', 'lo');
    if (up !== undefined) await net.shape(name, 'wire', up);
  }

  async #bridge(holder: number, port: number): Promise<void> {
    const address = { host: addressOf(holder), port };
    const socket = { path: path.join(this.#sockets, `${holder}-${port}`) };
    await this.#proxy('hub', { listen: socket, target: address, delayMs: 0 });
    const delayMs = this.#links.roundTripMs / 2;
    this.#proxies.push({
      holder,
      pid: await this.#proxy('wan', { listen: address, target: socket, delayMs }),
    });
  }

  /** Resolves to its process when it listens. */
  async #proxy(place: string, options: Omit<DelayProxyOptions, 'clock'>): Promise<number> {
    const line = [...this.#namespaces.prefix(place), process.execPath, PROXY, JSON.stringify(options)];
    const child = this.#workspace.watch(
      spawn(line[0] ?? '', line.slice(1), { stdio: ['pipe', 'pipe', 'inherit'] }),
    );
    this.#children.push(child);
    const ended = once(child, 'exit').then(() => {
      throw new Error('a proxy did not start');
    });
    await Promise.race([once(child.stdout, 'data'), ended]);
    return child.pid ?? -1;
  }
}

export function addressOf(holder: number): string {
  return `10.77.1.${holder + 1}`;
}
