/** What virtual runs say to people. */
import { formatBytes, formatDuration } from '../../src/model/units.ts';
import type { SimulationReport } from '../../src/simulation/report.ts';
import type { SimulationSettings } from '../../src/simulation/simulation-settings.ts';
import type { Answer } from './virtual-worker.ts';

const HOUR_MS = 3_600_000;

function listed(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}

/** Options that repeat a run. */
function repeatedBy(seed: string, changes: Partial<SimulationSettings>): string {
  const numbers = Object.entries(changes).filter(([name]) => name !== 'rates');
  const rates = Object.entries(changes.rates ?? {});
  const options = [...numbers, ...rates].map(
    ([name, value]) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} ${String(value)}`,
  );
  return ['npm run simulate -- --virtual --seed', seed, ...options].join(' ');
}

export function printReport(
  { report, history, planned }: Answer,
  changes: Partial<SimulationSettings>,
): void {
  const { seed, breach, healing } = report;
  console.log(
    `seed ${seed}: trace ${report.hash}, ${report.events} events, ${formatDuration(report.virtualMs)} of virtual time`,
  );
  console.log(`  operations: ${listed(report.operations) || 'none'}`);
  console.log(`  faults: ${listed(report.faults) || 'none'}`);
  console.log(
    `  ${report.peers} peers, ${report.snapshots} snapshots, ${report.chunks} live chunks, ${report.repairs} repairs, ` +
      `${formatBytes(report.bytesMoved)} moved; healed ${healing.count} times, half within ${formatDuration(healing.p50)}, ` +
      `nine of ten within ${formatDuration(healing.p90)}, all within ${formatDuration(healing.max)}`,
  );
  if (!breach) return;
  console.log(
    `  BREACH of ${breach.invariant} on day ${(breach.atMs / (24 * HOUR_MS)).toFixed(2)}: ${breach.message}`,
  );
  console.log(`  again: ${repeatedBy(seed, changes)}`);
  if (!history) return;
  console.log(`  the shortest history found (${history.length} of ${planned} lines):`);
  for (const line of history) console.log(`    ${line}`);
}

/** Sums over many seeds. */
export class Totals {
  seeds = 0;
  breaches = 0;
  readonly #failed: string[] = [];
  readonly #operations = new Map<string, number>();
  readonly #faults = new Map<string, number>();
  #virtualMs = 0;
  #events = 0;
  #bytes = 0;
  #repairs = 0;
  #healingMs = 0;

  add(report: SimulationReport): void {
    this.seeds++;
    if (report.breach) {
      this.breaches++;
      this.#failed.push(`${report.seed} (${report.breach.invariant})`);
    }
    this.#virtualMs += report.virtualMs;
    this.#events += report.events;
    this.#bytes += report.bytesMoved;
    this.#repairs += report.repairs;
    this.#healingMs = Math.max(this.#healingMs, report.healing.max);
    for (const [name, count] of Object.entries(report.operations)) add(this.#operations, name, count);
    for (const [name, count] of Object.entries(report.faults)) add(this.#faults, name, count);
  }

  line(tookMs: number): string {
    return `${this.seeds} seeds, ${this.breaches} breaches, ${formatDuration(tookMs)}`;
  }

  summary(): Readonly<Record<string, unknown>> {
    return {
      seeds: this.seeds,
      breaches: this.breaches,
      failed: this.#failed,
      virtualHours: Math.round(this.#virtualMs / HOUR_MS),
      events: this.#events,
      bytesMoved: this.#bytes,
      repairs: this.#repairs,
      operations: Object.fromEntries(this.#operations),
      faults: Object.fromEntries(this.#faults),
      longestHealingMs: this.#healingMs,
    };
  }

  text(tookMs: number): string {
    const years = (this.#virtualMs / (365.25 * 24 * HOUR_MS)).toFixed(1);
    return [
      `${this.seeds} seeds, ${Math.round(this.#virtualMs / HOUR_MS)} hours (${years} years) of virtual time in ${formatDuration(tookMs)}: ${this.breaches} breaches`,
      `operations: ${listed(Object.fromEntries(this.#operations))}`,
      `faults: ${listed(Object.fromEntries(this.#faults))}`,
      `${this.#events} events, ${formatBytes(this.#bytes)} moved, ${this.#repairs} repairs, longest healing ${formatDuration(this.#healingMs)}`,
      ...(this.#failed.length > 0 ? [`BREACHES: ${this.#failed.join(', ')}`] : ['No invariant broke.']),
    ].join('\n');
  }
}

function add(sums: Map<string, number>, name: string, count: number): void {
  sums.set(name, (sums.get(name) ?? 0) + count);
}
