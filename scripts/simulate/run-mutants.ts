/** `--mutants`: plants each bug in a copy of the sources and runs seeds until the simulator finds it. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { formatDuration } from '../../src/model/units.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import type { SimulationReport } from '../../src/simulation/report.ts';
import { PROJECT, runFleet } from './fleet.ts';
import { MUTANTS, type Mutant } from './mutants.ts';

const SEEDS = 40;
const COPIED = ['src', 'scripts', 'package.json', 'tsconfig.json'];

/** The text with one edit made. Throws when the place is not there exactly once: then the list is out of date. */
export function edited(
  text: string,
  { name }: Mutant,
  { find, replace, file }: Mutant['edits'][number],
): string {
  const parts = text.split(find);
  if (parts.length !== 2) {
    throw new Error(
      `mutant ${name}: ${parts.length - 1} places instead of one in src/${file} for: ${find.trim()}`,
    );
  }
  return parts.join(replace);
}

function plant(mutant: Mutant, root: string): void {
  for (const name of COPIED) fs.cpSync(path.join(PROJECT, name), path.join(root, name), { recursive: true });
  fs.symlinkSync(path.join(PROJECT, 'node_modules'), path.join(root, 'node_modules'));
  for (const edit of mutant.edits) {
    const file = path.join(root, 'src', edit.file);
    fs.writeFileSync(file, edited(fs.readFileSync(file, 'utf8'), mutant, edit));
  }
}

interface Hunt {
  readonly found: SimulationReport | undefined;
  readonly seeds: number;
  readonly tookMs: number;
}

async function hunt(mutant: Mutant, seeds: number): Promise<Hunt> {
  const startMs = systemClock.monotonicMs();
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'vault-mutant-'));
  let found: SimulationReport | undefined;
  let [asked, ran] = [0, 0];
  try {
    plant(mutant, root);
    await runFleet({
      root,
      next: () => {
        if (found || asked >= seeds) return undefined;
        asked += 1;
        return { seed: String(asked), changes: mutant.changes ?? {}, twice: false, shrink: false };
      },
      onAnswer: (_, { report }) => {
        ran += 1;
        if (report.breach) found ??= report;
      },
    });
  } finally {
    fs.rmSync(root, { recursive: true, force: true });
  }
  return { found, seeds: ran, tookMs: systemClock.monotonicMs() - startMs };
}

function row(mutant: Mutant, { found, seeds, tookMs }: Hunt): string {
  const time = formatDuration(tookMs).padEnd(9);
  if (!found?.breach) return `${mutant.name.padEnd(30)} NOT FOUND in ${seeds} seeds, ${time}`;
  return `${mutant.name.padEnd(30)} ${`seed ${found.seed}`.padEnd(9)} ${time} ${found.breach.invariant}: ${found.breach.message.split('\n')[0]}`;
}

/** The exit code: 0 when every bug was found. */
export async function runMutants(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      mutants: { type: 'boolean' },
      only: { type: 'string' },
      seeds: { type: 'string', default: String(SEEDS) },
    },
  });
  const chosen = MUTANTS.filter(
    ({ name }) => values.only === undefined || values.only.split(',').includes(name),
  );
  if (chosen.length === 0) throw new Error(`no mutant is called ${values.only ?? ''}`);
  let missed = 0;
  for (const mutant of chosen) {
    const result = await hunt(mutant, Number(values.seeds));
    if (!result.found) missed += 1;
    console.log(row(mutant, result));
  }
  console.log(`${chosen.length - missed} of ${chosen.length} planted bugs found`);
  return missed === 0 ? 0 : 1;
}
