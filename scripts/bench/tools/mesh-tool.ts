/** Our whole program: `vault` and real peers on loopback, as many copies as asked. */
import path from 'node:path';
import type { BenchContext } from '../context.ts';
import { bytesBelow } from '../data/file-list.ts';
import { logEntriesBelow } from '../mesh/log-entries.ts';
import { LOOPBACK, Mesh } from '../mesh/mesh.ts';
import { type Sample, withFigures } from '../sample.ts';
import type { Repository, Restored, Tool } from './tool.ts';

export interface MeshToolOptions {
  readonly peers: number;
  readonly copies: number;
  /** Given to `vault backup` as --spread. */
  readonly spread?: 'relay' | 'direct';
  /** Notes the size of the client's own state and how many messages went to DHT and logs. */
  readonly inDetail?: boolean;
}

class MeshRepository implements Repository {
  readonly #mesh: Mesh;
  readonly #home: string;
  readonly #options: MeshToolOptions;

  constructor(mesh: Mesh, home: string, options: MeshToolOptions) {
    this.#mesh = mesh;
    this.#home = home;
    this.#options = options;
  }

  async backup(source: string): Promise<Sample> {
    const { spread, inDetail } = this.#options;
    const before = this.#logEntries();
    const how = spread === undefined ? [] : ['--spread', spread];
    const sample = await this.#mesh.vault(this.#home, ['backup', source, ...how, '--json']);
    if (!inDetail) return sample;
    const logEntries = this.#logEntries() - before;
    return withFigures(sample, { stateBytes: bytesBelow(this.#home), logEntries });
  }

  async restore(source: string, target: string): Promise<Restored> {
    const sample = await this.#mesh.vault(this.#home, ['restore', 'latest', '--target', target, '--json']);
    return { sample, place: path.join(target, source) };
  }

  async restoreFile(file: string, target: string): Promise<Restored> {
    const args = ['restore', `latest:${file}`, '--target', target, '--json'];
    const sample = await this.#mesh.vault(this.#home, args);
    return { sample, place: path.join(target, path.basename(file)) };
  }

  check(): Promise<Sample> {
    return this.#mesh.vault(this.#home, ['check', '--read-data', '--json']);
  }

  forget(): Promise<Sample> {
    return this.#mesh.vault(this.#home, ['forget', '--keep-last', '1', '--prune', '--json']);
  }

  storedBytes(): number {
    return this.#mesh.storedBytes();
  }

  close(): Promise<void> {
    return this.#mesh.stop();
  }

  #logEntries(): number {
    return this.#mesh.peers.reduce((sum, { folder }) => sum + logEntriesBelow(folder), 0);
  }
}

export function meshTool(context: BenchContext, options: MeshToolOptions): Tool {
  const { workspace, programs } = context;
  const { peers, copies, spread, inDetail } = options;
  const how = spread === undefined ? '' : `, ${spread}`;
  return {
    name: `vault, ${peers} peer${peers === 1 ? '' : 's'}, ${copies} cop${copies === 1 ? 'y' : 'ies'}${how}`,
    rival: false,
    open: async (folder) => {
      const places = Array.from({ length: peers }, () => LOOPBACK);
      const countDht = inDetail ?? false;
      const mesh = await Mesh.start({
        workspace,
        programs,
        folder: path.join(folder, 'mesh'),
        places,
        countDht,
      });
      const home = path.join(folder, 'home');
      await mesh.createVault(home, copies);
      return new MeshRepository(mesh, home, options);
    },
  };
}
