/**
 * npm run bench -- [--quick]
 *
 * Measures backups, restores and what they cost, of our own programs and of the rivals on the PATH, in turn and on the same data, and
 * checks that every restore is identical. Speed is told side by side and never fails a run. See docs/performance.md.
 */
import { BENCH_USAGE, parseBench } from './bench/options.ts';
import { runBench } from './bench/run-bench.ts';

try {
  process.exitCode = await runBench(parseBench(process.argv.slice(2)));
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}\n${BENCH_USAGE}`);
  process.exitCode = 2;
}
