/** Our engine without a network: a child for each command, one copy on a local folder, durable as on a peer. */
import path from 'node:path';
import type { Programs } from '../build.ts';
import { bytesBelow } from '../data/file-list.ts';
import { storeFolder } from '../engine/store-folder.ts';
import { measure } from '../measure.ts';
import { type Sample, withFigures } from '../sample.ts';
import type { Workspace } from '../workspace.ts';
import type { Repository, Restored, Tool } from './tool.ts';

interface Answer {
  readonly sealedBytes?: number;
}

class EngineRepository implements Repository {
  readonly #workspace: Workspace;
  readonly #program: string;
  readonly #folder: string;

  constructor(workspace: Workspace, program: string, folder: string) {
    this.#workspace = workspace;
    this.#program = program;
    this.#folder = folder;
  }

  async run(verb: string, ...args: readonly string[]): Promise<Sample> {
    let answer: Answer = {};
    const sample = await measure(this.#workspace, {
      line: [process.execPath, this.#program, verb, this.#folder, ...args],
      env: { VAULT_PASSWORD: 'bench' },
      onLine: (line) => {
        answer = JSON.parse(line) as Answer;
      },
    });
    const { sealedBytes } = answer;
    return sealedBytes === undefined ? sample : withFigures(sample, { sealedBytes });
  }

  backup(source: string): Promise<Sample> {
    return this.run('backup', source);
  }

  async restore(source: string, target: string): Promise<Restored> {
    return { sample: await this.run('restore', target), place: path.join(target, source) };
  }

  async restoreFile(file: string, target: string): Promise<Restored> {
    return { sample: await this.run('restore', target, file), place: path.join(target, path.basename(file)) };
  }

  check(): Promise<Sample> {
    return this.run('check');
  }

  forget(): Promise<Sample> {
    return this.run('forget');
  }

  storedBytes(): number {
    return bytesBelow(storeFolder(this.#folder));
  }

  async close(): Promise<void> {
    // Nothing runs between commands.
  }
}

export function engineTool(workspace: Workspace, { engine }: Programs): Tool {
  return {
    name: 'vault engine',
    rival: false,
    open: async (folder) => {
      const repository = new EngineRepository(workspace, engine, folder);
      await repository.run('init');
      return repository;
    },
  };
}
