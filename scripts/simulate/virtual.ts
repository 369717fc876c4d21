/** `--virtual`: production code on virtual time, one seed or many, on all cores. */
import { toHex } from '../../src/model/bytes.ts';
import { formatBytes, formatDuration } from '../../src/model/units.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import { systemRandom } from '../../src/runtime/system-random.ts';
import { simulate } from '../../src/simulation/run.ts';
import { defaultMix } from '../../src/simulation/simulation-settings.ts';
import { runFleet } from './fleet.ts';
import { parseVirtual, type VirtualOptions } from './virtual-options.ts';
import { printReport, Totals } from './virtual-report.ts';
import type { Task } from './virtual-worker.ts';

/** Seeds of every CI run: each is run twice, and its two traces compared. */
const CI_SEEDS = 12;

function freshSeed(): string {
  return `fresh-${toHex(systemRandom.bytes(4))}`;
}

/** Fixed ones first, then, while there is time, new ones. */
function* seedsOf(options: VirtualOptions, endMs: number): Generator<Pick<Task, 'seed' | 'twice'>> {
  if (options.ci) for (let i = 1; i <= CI_SEEDS; i++) yield { seed: `ci-${i}`, twice: true };
  if (!options.fresh) {
    const { seed, seeds, twice } = options;
    const first = Number(seed);
    for (let i = 0; i < seeds; i++) {
      yield {
        seed: Number.isInteger(first) ? String(first + i) : seeds === 1 ? seed : `${seed}-${i}`,
        twice,
      };
    }
    return;
  }
  while (systemClock.monotonicMs() < endMs) yield { seed: freshSeed(), twice: options.twice };
}

async function many(options: VirtualOptions): Promise<number> {
  const startMs = systemClock.monotonicMs();
  const seeds = seedsOf(options, startMs + options.hours * 3_600_000);
  const totals = new Totals();
  await runFleet({
    ...(options.jobs === undefined ? {} : { jobs: options.jobs }),
    next: () => {
      const { value } = seeds.next();
      return value && { ...value, changes: options.changes, shrink: options.shrink };
    },
    onAnswer: (task, answer) => {
      totals.add(answer.report);
      if (options.json) console.log(JSON.stringify({ message_type: 'seed', ...answer }));
      else if (answer.report.breach || options.each) printReport(answer, task.changes);
      else if (totals.seeds % 50 === 0) console.log(totals.line(systemClock.monotonicMs() - startMs));
    },
  });
  const tookMs = systemClock.monotonicMs() - startMs;
  if (options.json) console.log(JSON.stringify({ message_type: 'summary', ...totals.summary(), tookMs }));
  else console.log(totals.text(tookMs));
  return totals.breaches === 0 ? 0 : 1;
}

/** One seed with every line of its story. */
async function tell(options: VirtualOptions): Promise<number> {
  const settings = defaultMix(options.seed, options.changes);
  const report = await simulate({ settings, onLine: (line) => console.log(line) });
  printReport({ report }, options.changes);
  console.log(`${formatDuration(report.virtualMs)} of virtual time, ${formatBytes(report.bytesMoved)} moved`);
  return report.breach ? 1 : 0;
}

/** The exit code: 0 when no invariant broke. */
export async function runVirtual(args: readonly string[]): Promise<number> {
  const options = parseVirtual(args);
  return options.verbose ? tell(options) : many(options);
}
