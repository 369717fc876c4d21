/** Case 4: a restore from three holders, undisturbed and with one of them killed in the middle, against rivals' local repositories. */
import path from 'node:path';
import type { BenchContext } from '../context.ts';
import type { DataSet } from '../data/bench-data.ts';
import { LOOPBACK, Mesh } from '../mesh/mesh.ts';
import { type Sample, withFigures } from '../sample.ts';
import type { Repository } from '../tools/tool.ts';
import { whenHalf } from '../when-half.ts';

const HOLDERS = 3;
const NAME = 'loss';
const STEP = 'restore';

export async function lossCase(context: BenchContext): Promise<void> {
  for (const set of context.data.sets.filter(({ name }) => name === 'big')) {
    const folder = context.workspace.folder(NAME);
    await new LossRun(context, set, folder).run();
    await context.workspace.remove(folder);
  }
}

class LossRun {
  readonly #context: BenchContext;
  readonly #set: DataSet;
  readonly #folder: string;
  readonly #rivals: { readonly tool: string; readonly repository: Repository }[] = [];
  #targets = 0;

  constructor(context: BenchContext, set: DataSet, folder: string) {
    this.#context = context;
    this.#set = set;
    this.#folder = folder;
  }

  async run(): Promise<void> {
    const { workspace, programs, options } = this.#context;
    const places = Array.from({ length: HOLDERS }, () => LOOPBACK);
    const mesh = await Mesh.start({ workspace, programs, folder: path.join(this.#folder, 'mesh'), places });
    try {
      await mesh.createVault(this.#home, HOLDERS);
      await mesh.vault(this.#home, ['backup', this.#set.folder, '--json']);
      await this.#openRivals();
      for (let run = 0; run < options.runs; run++) {
        await this.#undisturbed(mesh);
        await this.#killed(mesh, run % HOLDERS);
        await this.#restoreRivals();
      }
    } finally {
      await mesh.stop();
    }
  }

  get #home(): string {
    return path.join(this.#folder, 'home');
  }

  async #openRivals(): Promise<void> {
    for (const rival of this.#context.rivals) {
      const repository = await rival.open(this.#context.workspace.folder('rival'));
      await repository.backup(this.#set.folder);
      this.#rivals.push({ tool: rival.name, repository });
    }
  }

  async #restoreRivals(): Promise<void> {
    for (const { tool, repository } of this.#rivals) {
      const { sample, place } = await repository.restore(this.#set.folder, this.#target());
      await this.#note(tool, true, sample, place);
    }
  }

  async #undisturbed(mesh: Mesh): Promise<void> {
    const target = this.#target();
    const sample = await mesh.vault(this.#home, ['restore', 'latest', '--target', target, '--json']);
    await this.#note('vault, 3 holders', false, sample, path.join(target, this.#set.folder));
  }

  async #killed(mesh: Mesh, victim: number): Promise<void> {
    const target = this.#target();
    const half = whenHalf(this.#set.bytes, () => mesh.kill(victim));
    const { onProgress } = half;
    const line = ['restore', 'latest', '--target', target, '--json'];
    const sample = await mesh.vault(this.#home, line, { onProgress });
    await half.done();
    await mesh.revive(victim);
    const place = path.join(target, this.#set.folder);
    await this.#note('vault, one of 3 killed', false, withFigures(sample, { killed: 1 }), place);
  }

  #target(): string {
    return path.join(this.#folder, `target-${this.#targets++}`);
  }

  /** Compared, and removed at once: there are few files. */
  async #note(tool: string, rival: boolean, sample: Sample, place: string): Promise<void> {
    this.#context.ledger.add({ case: NAME, data: this.#set.name, step: STEP, tool }, rival, sample);
    await this.#context.compare(tool, this.#set.folder, place);
    await this.#context.workspace.remove(place);
  }
}
