/** borg as Debian ships it, with its caches, its keys, its repository and nothing else in the folder it is given. */
import fs from 'node:fs';
import path from 'node:path';
import { bytesBelow } from '../data/file-list.ts';
import { measure } from '../measure.ts';
import type { Sample } from '../sample.ts';
import type { Workspace } from '../workspace.ts';
import type { Rival, RivalRepository } from './rival.ts';
import type { Restored } from './tool.ts';

class BorgRepository implements RivalRepository {
  readonly #workspace: Workspace;
  readonly #folder: string;
  #archives = 0;

  constructor(workspace: Workspace, folder: string) {
    this.#workspace = workspace;
    this.#folder = folder;
  }

  get #repository(): string {
    return path.join(this.#folder, 'repository');
  }

  get #newest(): string {
    return `::archive-${this.#archives}`;
  }

  async run(args: readonly string[], cwd?: string): Promise<Sample> {
    const env = {
      BORG_BASE_DIR: path.join(this.#folder, 'base'),
      BORG_REPO: this.#repository,
      BORG_PASSPHRASE: 'bench',
    };
    const where = cwd === undefined ? {} : { cwd };
    return measure(this.#workspace, { line: ['borg', ...args], env, ...where });
  }

  backup(source: string): Promise<Sample> {
    this.#archives++;
    return this.run(['create', '--compression', 'zstd,3', this.#newest, source]);
  }

  async restore(source: string, target: string): Promise<Restored> {
    fs.mkdirSync(target);
    return { sample: await this.run(['extract', this.#newest], target), place: path.join(target, source) };
  }

  async restoreFile(file: string, target: string): Promise<Restored> {
    fs.mkdirSync(target);
    const sample = await this.run(['extract', this.#newest, file.slice(1)], target);
    return { sample, place: path.join(target, file) };
  }

  check(): Promise<Sample> {
    return this.run(['check', '--verify-data']);
  }

  /** Two commands, as the space is freed by the second. */
  async forget(): Promise<Sample> {
    const prune = await this.run(['prune', '--keep-last', '1']);
    const compact = await this.run(['compact']);
    return {
      wallMs: prune.wallMs + compact.wallMs,
      cpuMs: prune.cpuMs + compact.cpuMs,
      peakRssBytes: Math.max(prune.peakRssBytes, compact.peakRssBytes),
      writtenBytes: prune.writtenBytes + compact.writtenBytes,
    };
  }

  snapshots(): Promise<Sample> {
    return this.run(['list']);
  }

  list(folder: string): Promise<Sample> {
    return this.run(['list', this.#newest, folder.slice(1)]);
  }

  storedBytes(): number {
    return bytesBelow(this.#repository);
  }

  async close(): Promise<void> {
    // Nothing runs between commands.
  }
}

export function borg(workspace: Workspace, version: string): Rival {
  return {
    name: `borg ${version} zstd,3`,
    rival: true,
    version: (): Promise<Sample> => measure(workspace, { line: ['borg', '--version'] }),
    open: async (folder) => {
      const repository = new BorgRepository(workspace, folder);
      await repository.run(['init', '--encryption', 'repokey-blake2']);
      return repository;
    },
  };
}
