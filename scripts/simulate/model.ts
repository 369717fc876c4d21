/** npm run simulate -- --model: the fast model for size, with its own options; prints its report, or with --table the durability table. */
import { parseArgs } from 'node:util';
import { formatBytes, formatDuration, parseBytes, parseDuration } from '../../src/model/units.ts';
import {
  type DurabilityCell,
  durabilityCell,
  TABLE_COPIES,
  TABLE_LIFETIME_MS,
  TABLE_LOST_MS,
} from '../../src/simulation/model/durability-table.ts';
import { MeshModel } from '../../src/simulation/model/mesh-model.ts';
import { type ModelReport, reportOf } from '../../src/simulation/model/model-report.ts';
import { DAY_MS, DEFAULT_MODEL, type ModelSettings } from '../../src/simulation/model/model-settings.ts';

export const MODEL_USAGE = `usage: npm run simulate -- --model [--peers 10000] [--days 365] [--seed 1] [--vaults 2000] [--members 30] [--copies 3]
         [--zones 4000] [--lifetime 730d] [--up 20d] [--away 4h] [--lost-after 72h] [--away-after 15min] [--visit 30d]
         [--absent-owners 0.1] [--zone-lifetime 0s] [--vault-size 100GiB] [--repair-rate 8MiB] [--json]
       npm run simulate -- --model --table [--seed 1] [--json]
  --lifetime       mean time until a peer fails for good; --up, --away: mean time between absences, and their mean length
  --zone-lifetime  mean time until all peers of a zone fail for good together (0s: never)
  --table          durability for copies x repair time x churn`;

const TEXTS = ['seed', 'peers', 'days', 'zones', 'vaults', 'members', 'copies', 'absent-owners'] as const;
const TIMES = ['lifetime', 'up', 'away', 'visit', 'zone-lifetime', 'lost-after', 'away-after'] as const;
const SIZES = ['vault-size', 'repair-rate'] as const;

export interface ModelCommand {
  readonly table: boolean;
  readonly json: boolean;
  readonly settings: ModelSettings;
}

/** Throws with the usage for anything it does not understand. */
export function parseModel(args: readonly string[]): ModelCommand {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const named = Object.fromEntries([...TEXTS, ...TIMES, ...SIZES].map((name) => [name, text]));
  const { values } = parseArgs({
    args: [...args],
    options: { ...named, model: flag, table: flag, json: flag },
  });
  const given = values as Readonly<Record<string, string | boolean | undefined>>;
  const read = <T>(name: string, parse: (text: string) => T, otherwise: T): T => {
    const value = given[name];
    return typeof value === 'string' ? parse(value) : otherwise;
  };
  const whole = (name: (typeof TEXTS)[number], otherwise: number): number =>
    read(name, (value) => wholeNumber(name, value), otherwise);
  const time = (name: (typeof TIMES)[number], otherwise: number): number =>
    read(name, parseDuration, otherwise);
  const base = DEFAULT_MODEL;
  const settings: ModelSettings = {
    ...base,
    seed: read('seed', String, base.seed),
    peers: whole('peers', base.peers),
    days: whole('days', base.days),
    zones: whole('zones', base.zones),
    vaults: whole('vaults', base.vaults),
    members: whole('members', base.members),
    copies: whole('copies', base.copies),
    absentOwners: read('absent-owners', Number, base.absentOwners),
    lifetimeMs: time('lifetime', base.lifetimeMs),
    upMs: time('up', base.upMs),
    awayMs: time('away', base.awayMs),
    visitMs: time('visit', base.visitMs),
    zoneLifetimeMs: time('zone-lifetime', base.zoneLifetimeMs),
    vaultBytes: read('vault-size', parseBytes, base.vaultBytes),
    repairBytesPerSecond: read('repair-rate', parseBytes, base.repairBytesPerSecond),
    health: {
      ...base.health,
      awayMs: time('away-after', base.health.awayMs),
      lostMs: time('lost-after', base.health.lostMs),
    },
  };
  return { table: given.table === true, json: given.json === true, settings };
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} wants a whole number from 1 on`);
  return value;
}

const rate = (value: number): string => (value === 0 ? '0' : value.toExponential(2));
const days = (ms: number): string => `${(ms / DAY_MS).toFixed(ms < DAY_MS ? 2 : 0)} d`;
const percent = (share: number): string => `${Number((100 * share).toPrecision(3))}%`;

function reportLines(report: ModelReport): string[] {
  const { settings, counts, durability: d, heal, repairPerPeerDay: repair, load, traffic } = report;
  const short = d.shortShare.map((share, count) => `${count} copies ${percent(share)}`).reverse();
  const repaired = Object.entries(repair).map(
    ([cause, bytes]) => `${cause} ${formatBytes(Math.round(bytes))}`,
  );
  const perDay = (bytes: number): string => `${formatBytes(Math.round(bytes))} per peer and day`;
  return [
    `${settings.peers} peers in ${settings.zones} zones, ${settings.days} days, seed ${settings.seed}: ${settings.vaults} vaults of ${formatBytes(settings.vaultBytes)}, ${settings.members} holders each, ${settings.copies} copies`,
    `churn        ${counts.failures} failed for good (mean lifetime ${days(settings.lifetimeMs)}), ${counts.newcomers} joined, ${counts.absences} absences, ${counts.takenForLost} taken for lost and back, ${counts.recruits} times recruited`,
    `decisions    ${counts.decisions} by the policy, ${counts.events} events`,
    `durability   ${d.lostGroups} of ${d.groups} groups lost in ${Math.round(d.groupYears)} group-years, in ${d.lostVaults} vaults`,
    `             per group and year: measured ${rate(d.lossPerGroupYear)}, theory ${rate(d.theoryPerGroupYear)} (with the measured repair time ${rate(d.theoryAtMeasured)})`,
    `             a vault loses anything in a year, theory: ${rate(d.theoryVaultYear)}`,
    `short        ${short.join(', ')} of all group-time`,
    `healing      ${heal.count} times short; mean ${formatDuration(heal.meanMs)}, half within ${formatDuration(heal.p50Ms)}, 99% within ${formatDuration(heal.p99Ms)}; a copy is replaced in ${formatDuration(heal.perCopyMs)} on average`,
    `repair       per peer and day: ${repaired.join(', ')}`,
    `balance      ${formatBytes(Math.round(load.meanBytes))} a peer; the fullest has ${load.maxOverMean.toFixed(2)} times the mean; Gini ${load.gini.toFixed(3)}; at most ${percent(load.fullest)} of a capacity used`,
    `compare      ${traffic.compareBytes} bytes for two holders that agree; ${Math.round(traffic.comparePerDay)} of them, ${perDay(traffic.compareBytesPerDay)}; tables where something changed ${perDay(traffic.tableBytesPerDay)}`,
    `log          ${perDay(traffic.logBytesPerDay)}`,
    `DHT          ${traffic.dhtRecordsAnnounced.toFixed(1)} records announced and ${Math.round(traffic.dhtRecordsStored)} stored by a peer on average, ${perDay(traffic.dhtBytesPerDay)}`,
  ];
}

function cellText(cell: DurabilityCell): string {
  const text = cell.vaultYear < 0.001 ? rate(cell.vaultYear) : percent(cell.vaultYear);
  return cell.by === 'theory' ? text : `${text} (${cell.counted} of ${Math.round(cell.expected ?? 0)})`;
}

/** One line for each number of copies and repair time, one column for each mean lifetime. */
function tableLines(cells: readonly DurabilityCell[]): string[] {
  const header = `| copies | lost after | ${TABLE_LIFETIME_MS.map((ms) => `lifetime ${days(ms)}`).join(' | ')} |`;
  const rule = `|${'---|'.repeat(2 + TABLE_LIFETIME_MS.length)}`;
  const rows = TABLE_COPIES.flatMap((copies) =>
    TABLE_LOST_MS.map((lostMs) => {
      const row = cells.filter((cell) => cell.copies === copies && cell.lostMs === lostMs);
      return `| ${copies} | ${formatDuration(lostMs)} | ${row.map(cellText).join(' | ')} |`;
    }),
  );
  return [header, rule, ...rows];
}

function printTable(command: ModelCommand): void {
  const cells = TABLE_COPIES.flatMap((copies) =>
    TABLE_LOST_MS.flatMap((lostMs) =>
      TABLE_LIFETIME_MS.map((lifetimeMs) =>
        durabilityCell(command.settings.seed, { copies, lostMs, lifetimeMs }),
      ),
    ),
  );
  if (command.json)
    for (const cell of cells) console.log(JSON.stringify({ message_type: 'durability', ...cell }));
  else console.log(tableLines(cells).join('\n'));
}

/** Runs the model as the arguments say; resolves to the exit code. */
export async function runModel(args: readonly string[]): Promise<number> {
  const command = parseModel(args);
  if (command.table) {
    printTable(command);
    return 0;
  }
  const startedMs = performance.now();
  const model = new MeshModel(command.settings);
  model.run();
  const report = reportOf(model);
  if (command.json) console.log(JSON.stringify({ message_type: 'model', ...report }));
  else {
    console.log(reportLines(report).join('\n'));
    const { user, system } = process.cpuUsage();
    const cpuMs = (user + system) / 1000;
    const wall = formatDuration(performance.now() - startedMs);
    console.log(`took         ${wall}, ${formatDuration(cpuMs)} of one processor`);
  }
  return 0;
}
