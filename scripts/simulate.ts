/**
 * npm run simulate -- --peers 8 --rounds 10 --kill 2 --seed 1
 *
 * Without a mode: real `vault-peer` processes. In each round a real directory changes, is backed up, peers fail in different ways, it is
 * restored on an empty client and compared, and the mesh heals by itself. The same seed chooses the same changes and failures. Exits with 1
 * on any loss that placement should have survived.
 */
import { MODEL_USAGE, runModel } from './simulate/model.ts';
import { runReal } from './simulate/real.ts';
import { REAL_USAGE } from './simulate/real-options.ts';
import { runMutants } from './simulate/run-mutants.ts';
import { runVirtual } from './simulate/virtual.ts';
import { VIRTUAL_USAGE } from './simulate/virtual-options.ts';

const USAGE = `${REAL_USAGE}\n${MODEL_USAGE}\n${VIRTUAL_USAGE}`;

/** Which simulation the options ask for. */
function chosen(args: readonly string[]): Promise<number> {
  if (args.includes('--model')) return runModel(args);
  if (args.includes('--mutants')) return runMutants(args);
  return args.includes('--virtual') ? runVirtual(args) : runReal(args);
}

try {
  process.exitCode = await chosen(process.argv.slice(2));
} catch (error) {
  console.error(`simulate: ${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  process.exitCode = 2;
}
