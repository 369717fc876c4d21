/** restic as Debian ships it, with its cache, its repository and nothing else in the folder it is given. */
import path from 'node:path';
import { bytesBelow } from '../data/file-list.ts';
import { measure } from '../measure.ts';
import type { Sample } from '../sample.ts';
import type { Workspace } from '../workspace.ts';
import type { Rival, RivalRepository } from './rival.ts';
import type { Restored } from './tool.ts';

class ResticRepository implements RivalRepository {
  readonly #workspace: Workspace;
  readonly #folder: string;

  constructor(workspace: Workspace, folder: string) {
    this.#workspace = workspace;
    this.#folder = folder;
  }

  get #repository(): string {
    return path.join(this.#folder, 'repository');
  }

  run(...args: readonly string[]): Promise<Sample> {
    const env = {
      RESTIC_PASSWORD: 'bench',
      RESTIC_REPOSITORY: this.#repository,
      RESTIC_CACHE_DIR: path.join(this.#folder, 'cache'),
    };
    return measure(this.#workspace, { line: ['restic', '--compression', 'auto', '--quiet', ...args], env });
  }

  backup(source: string): Promise<Sample> {
    return this.run('backup', source);
  }

  async restore(source: string, target: string): Promise<Restored> {
    return {
      sample: await this.run('restore', 'latest', '--target', target),
      place: path.join(target, source),
    };
  }

  async restoreFile(file: string, target: string): Promise<Restored> {
    const sample = await this.run('restore', 'latest', '--target', target, '--include', file);
    return { sample, place: path.join(target, file) };
  }

  check(): Promise<Sample> {
    return this.run('check', '--read-data');
  }

  forget(): Promise<Sample> {
    return this.run('forget', '--keep-last', '1', '--prune');
  }

  snapshots(): Promise<Sample> {
    return this.run('snapshots');
  }

  list(folder: string): Promise<Sample> {
    return this.run('ls', 'latest', folder);
  }

  storedBytes(): number {
    return bytesBelow(this.#repository);
  }

  async close(): Promise<void> {
    // Nothing runs between commands.
  }
}

export function restic(workspace: Workspace, version: string): Rival {
  return {
    name: `restic ${version} auto`,
    rival: true,
    version: (): Promise<Sample> => measure(workspace, { line: ['restic', 'version'] }),
    open: async (folder) => {
      const repository = new ResticRepository(workspace, folder);
      await repository.run('init');
      return repository;
    },
  };
}
