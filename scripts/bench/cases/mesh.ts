/** Case 3: five peer processes, three copies, direct and relayed, against rivals that keep one local copy. */
import type { BenchContext } from '../context.ts';
import { runSeries, type Step } from '../series.ts';
import { knownSpreads, NO_RELAY } from '../spread.ts';
import { meshTool } from '../tools/mesh-tool.ts';

const STEPS: readonly Step[] = ['initial', 'unchanged', 'edit', 'restore'];

export async function meshCase(context: BenchContext): Promise<void> {
  const { data, rivals, programs, ledger } = context;
  const spreads = knownSpreads(programs);
  if (!spreads.includes('relay')) ledger.skipped.push({ case: 'mesh', why: NO_RELAY });
  const ours = spreads.map((spread) =>
    meshTool(context, { peers: 5, copies: 3, ...(spread === undefined ? {} : { spread }) }),
  );
  for (const set of data.sets) {
    await runSeries(context, {
      case: 'mesh',
      root: data.root,
      set,
      steps: STEPS,
      tools: [...ours, ...rivals],
    });
  }
}
