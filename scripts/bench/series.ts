/** The steps that are measured with every tool: in each run all tools take each step one after the other, beginning with another one. */
import fs from 'node:fs';
import path from 'node:path';
import type { BenchContext } from './context.ts';
import type { DataSet } from './data/bench-data.ts';
import { chooseFile } from './data/choose-file.ts';
import { applyEdit, revertEdit } from './data/edit-data.ts';
import { type Sample, withFigures } from './sample.ts';
import type { Repository, Restored, Tool } from './tools/tool.ts';

export const STEPS = [
  'initial',
  'unchanged',
  'edit',
  'restore',
  'one file',
  'check',
  'forget+prune',
] as const;
export type Step = (typeof STEPS)[number];

export interface Series {
  readonly case: string;
  /** Holds the data; for the edit. */
  readonly root: string;
  readonly set: DataSet;
  readonly steps: readonly Step[];
  readonly tools: readonly Tool[];
}

interface Open {
  readonly tool: Tool;
  readonly repository: Repository;
}

/** Deleting many files just before creating many costs the file system dearly, so that waits until a series is over. */
const MANY_FILES = 1000;

/** Throws when a command fails; what a restore got wrong goes into the ledger. */
export async function runSeries(context: BenchContext, series: Series): Promise<void> {
  const { workspace, options } = context;
  const folders: string[] = [];
  for (let run = 0; run < options.runs; run++) {
    const folder = workspace.folder(`${series.case}-${series.set.name}`);
    folders.push(folder);
    await new SeriesRun(context, series, folder).run(run);
    if (series.set.files < MANY_FILES) await workspace.remove(folder);
  }
  for (const folder of folders) await workspace.remove(folder);
}

class SeriesRun {
  readonly #context: BenchContext;
  readonly #series: Series;
  readonly #folder: string;
  #targets = 0;

  constructor(context: BenchContext, series: Series, folder: string) {
    this.#context = context;
    this.#series = series;
    this.#folder = folder;
  }

  async run(number: number): Promise<void> {
    const { tools, steps, root } = this.#series;
    const open: Open[] = [];
    try {
      for (const [i, tool] of tools.entries()) open.push({ tool, repository: await this.#open(tool, i) });
      const shift = number % tools.length;
      const order = [...open.slice(shift), ...open.slice(0, shift)];
      for (const step of steps) await this.#step(step, order);
    } finally {
      for (const { repository } of open) await repository.close();
      revertEdit(root);
    }
  }

  #open(tool: Tool, number: number): Promise<Repository> {
    const folder = path.join(this.#folder, `tool-${number}`);
    fs.mkdirSync(folder);
    return tool.open(folder);
  }

  async #step(step: Step, order: readonly Open[]): Promise<void> {
    if (step === 'edit') applyEdit(this.#series.root);
    for (const { tool, repository } of order) {
      const sample = await this.#measure(step, tool, repository);
      const { case: name, set } = this.#series;
      this.#context.ledger.add({ case: name, data: set.name, step, tool: tool.name }, tool.rival, sample);
    }
  }

  async #measure(step: Step, tool: Tool, repository: Repository): Promise<Sample> {
    const { folder } = this.#series.set;
    if (step === 'check') return await repository.check();
    if (step === 'restore') {
      return this.#rates(await this.#compare(tool, folder, (target) => repository.restore(folder, target)));
    }
    if (step === 'one file') {
      const file = chooseFile(folder);
      return await this.#compare(tool, file, (target) => repository.restoreFile(file, target));
    }
    const before = repository.storedBytes();
    const sample = step === 'forget+prune' ? await repository.forget() : await repository.backup(folder);
    const storedBytes = repository.storedBytes();
    const noted = withFigures(sample, { storedBytes, addedBytes: storedBytes - before });
    return step === 'forget+prune' ? noted : this.#rates(noted);
  }

  #rates(sample: Sample): Sample {
    const { files, bytes } = this.#series.set;
    const perFile = files < MANY_FILES ? {} : { microsecondsPerFile: (1000 * sample.wallMs) / files };
    return withFigures(sample, { megabytesPerSecond: bytes / 1000 / sample.wallMs, ...perFile });
  }

  async #compare(
    tool: Tool,
    source: string,
    restore: (target: string) => Promise<Restored>,
  ): Promise<Sample> {
    const target = path.join(this.#folder, `target-${this.#targets++}`);
    const { sample, place } = await restore(target);
    await this.#context.compare(tool.name, source, place);
    return sample;
  }
}
