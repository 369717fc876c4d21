/** What every case of a run shares. */
import type { Programs } from './build.ts';
import { compareRestored } from './compare-restored.ts';
import type { BenchData } from './data/bench-data.ts';
import type { Ledger } from './ledger.ts';
import type { BenchOptions } from './options.ts';
import type { Rival } from './tools/rival.ts';
import type { Workspace } from './workspace.ts';

export interface ContextParts {
  readonly options: BenchOptions;
  readonly workspace: Workspace;
  readonly programs: Programs;
  readonly data: BenchData;
  readonly rivals: readonly Rival[];
  readonly ledger: Ledger;
}

export class BenchContext implements ContextParts {
  readonly options: BenchOptions;
  readonly workspace: Workspace;
  readonly programs: Programs;
  readonly data: BenchData;
  readonly rivals: readonly Rival[];
  readonly ledger: Ledger;

  constructor({ options, workspace, programs, data, rivals, ledger }: ContextParts) {
    this.options = options;
    this.workspace = workspace;
    this.programs = programs;
    this.data = data;
    this.rivals = rivals;
    this.ledger = ledger;
  }

  /** Writes down what differs. */
  async compare(tool: string, source: string, place: string): Promise<void> {
    this.ledger.restoresCompared++;
    const differences = await compareRestored(source, place);
    for (const each of differences) this.ledger.differences.push(`${tool}: ${each}`);
  }
}
