/** Case 2: one real peer process on loopback, one copy, against rivals with a local repository. */
import type { BenchContext } from '../context.ts';
import { runSeries, type Step } from '../series.ts';
import { meshTool } from '../tools/mesh-tool.ts';

const STEPS: readonly Step[] = ['initial', 'unchanged', 'edit', 'restore', 'one file'];

export async function peerCase(context: BenchContext): Promise<void> {
  const { data, rivals } = context;
  const tools = [meshTool(context, { peers: 1, copies: 1 }), ...rivals];
  for (const set of data.sets) {
    await runSeries(context, { case: 'peer', root: data.root, set, steps: STEPS, tools });
  }
}
