/** Case 1: the engine alone, on a local disk, against rivals with a local repository. */
import type { BenchContext } from '../context.ts';
import { runSeries, STEPS } from '../series.ts';
import { engineTool } from '../tools/engine.ts';

export async function engineCase(context: BenchContext): Promise<void> {
  const { data, workspace, programs, rivals } = context;
  const tools = [engineTool(workspace, programs), ...rivals];
  for (const set of data.sets) {
    await runSeries(context, { case: 'engine', root: data.root, set, steps: STEPS, tools });
  }
}
