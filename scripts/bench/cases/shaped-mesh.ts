/** What the cases on shaped links share: a mesh in namespaces, a new vault with new data each time, and what the owner's link carried. */
import fs from 'node:fs';
import path from 'node:path';
import type { BenchContext } from '../context.ts';
import { writeNoise } from '../data/noise.ts';
import type { Command } from '../measure.ts';
import { Mesh } from '../mesh/mesh.ts';
import { type Links, ShapedNetwork } from '../net/shaped-network.ts';
import { type Sample, withFigures } from '../sample.ts';

export class ShapedMesh {
  readonly network: ShapedNetwork;
  readonly #context: BenchContext;
  readonly #mesh: Mesh;
  readonly #folder: string;
  readonly #source: string;

  private constructor(
    context: BenchContext,
    network: ShapedNetwork,
    mesh: Mesh,
    folder: string,
    source: string,
  ) {
    this.#context = context;
    this.network = network;
    this.#mesh = mesh;
    this.#folder = folder;
    this.#source = source;
  }

  /** Runs `work` on a mesh with one holder for each link, and one incompressible file to back up. */
  static async with(
    context: BenchContext,
    links: Links,
    bytes: number,
    work: (mesh: ShapedMesh) => Promise<void>,
  ): Promise<void> {
    const { workspace, programs } = context;
    const folder = workspace.folder('shaped');
    const source = path.join(folder, 'source');
    fs.mkdirSync(source);
    writeNoise(path.join(source, 'noise'), bytes);
    const network = await ShapedNetwork.make(workspace, links);
    try {
      const { places, owner: client } = network;
      const mesh = await Mesh.start({
        workspace,
        programs,
        folder: path.join(folder, 'mesh'),
        places,
        client,
      });
      await work(new ShapedMesh(context, network, mesh, folder, source)).finally(() => mesh.stop());
    } finally {
      await network.remove();
      await workspace.remove(folder);
    }
  }

  async newVault(copies: number): Promise<string> {
    const home = this.#context.workspace.folder('home');
    fs.rmdirSync(home);
    await this.#mesh.createVault(home, copies);
    return home;
  }

  backup(home: string, how: readonly string[] = [], more: Partial<Command> = {}): Promise<Sample> {
    return this.#counted(() => this.#mesh.vault(home, ['backup', this.#source, ...how, '--json'], more));
  }

  /** Compared, and removed. */
  async restore(tool: string, home: string, more: Partial<Command> = {}): Promise<Sample> {
    const target = path.join(this.#folder, 'target');
    const line = ['restore', 'latest', '--target', target, '--json'];
    const sample = await this.#counted(() => this.#mesh.vault(home, line, more));
    await this.#context.compare(tool, this.#source, path.join(target, this.#source));
    await this.#context.workspace.remove(target);
    return sample;
  }

  /** With what the owner's link carried meanwhile. */
  async #counted(command: () => Promise<Sample>): Promise<Sample> {
    const before = this.network.ownerBytes();
    const sample = await command();
    const after = this.network.ownerBytes();
    return withFigures(sample, {
      sentBytes: after.sent - before.sent,
      receivedBytes: after.received - before.received,
    });
  }
}
