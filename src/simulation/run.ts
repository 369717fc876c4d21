/** One seed, one run: the plan is carried out against the world, the checkers look on, and a report comes out (S2, S4). */
import { secretOfWords } from '../crypto/recovery-words.ts';
import { deriveVaultKeys } from '../crypto/vault-keys.ts';
import { HealingTimes } from './checkers/heals-in-time.ts';
import { LogsNeverShrink } from './checkers/logs-never-shrink.ts';
import { noLiveChunkDeleted } from './checkers/no-live-chunk-deleted.ts';
import { nothingReadable } from './checkers/nothing-readable.ts';
import { quotaKept } from './checkers/quota-kept.ts';
import { TrashKept } from './checkers/trash-kept.ts';
import { isFault, strike } from './faults/strike.ts';
import { endFaults, finalExam } from './final-exam.ts';
import { reportOf, type SimulationReport } from './report.ts';
import { type Action, describe, writeScript } from './script.ts';
import { DAY, HOUR, type SimulationSettings } from './simulation-settings.ts';
import { perform } from './workload.ts';
import { textOf, World } from './world.ts';

export interface RunOptions {
  readonly settings: SimulationSettings;
  /** Instead of the whole plan: some of its lines. */
  readonly script?: readonly Action[];
  /** Told of everything but single messages, for people. */
  readonly onLine?: (line: string) => void;
}

const FIRST_BACKUP_MS: number = HOUR / 2;

/** Works through the plan hour by hour; the checkers look at each full hour. */
class Run {
  readonly #world: World;
  readonly #script: readonly Action[];
  readonly #healing: HealingTimes;
  readonly #samplers: readonly { sample(): void }[];
  #nextSampleMs = HOUR;

  constructor({ settings, script, onLine }: RunOptions) {
    const world = new World(settings);
    this.#world = world;
    if (onLine) world.onLine = onLine;
    this.#script = script ?? writeScript(settings);
    const trash = new TrashKept(world);
    this.#healing = new HealingTimes(world);
    this.#samplers = [this.#healing, trash, new LogsNeverShrink(world)];
    world.onDiskChange.push(
      (change) => noLiveChunkDeleted(world, change),
      (change) => trash.changed(change),
      (change) => quotaKept(world, change),
      (change) => nothingReadable(world, change),
    );
  }

  async run(): Promise<SimulationReport> {
    const world = this.#world;
    const { peers, days, quietDays } = world.settings;
    for (let i = 0; i < peers; i++) await world.clock.until(world.addMachine().start());
    await world.clock.advance(2000);
    await this.#makeVault();
    for (const action of this.#script) {
      await this.#advanceTo(Math.max(world.nowMs, action.atMs));
      if (world.breach) break;
      this.#begin(action);
    }
    await this.#advanceTo((days - quietDays) * DAY);
    await world.clock.until(endFaults(world));
    await this.#advanceTo(days * DAY);
    if (!world.breach) await world.clock.until(finalExam(world));
    return reportOf(world, this.#healing.durationsMs);
  }

  async #makeVault(): Promise<void> {
    const world = this.#world;
    const [device] = world.devices;
    if (!device) return;
    world.words = await world.clock.until(device.inTurn(() => device.create()));
    world.keys = deriveVaultKeys(secretOfWords(world.words));
    world.secrets.push(
      world.keys.secret,
      Buffer.from(world.canary),
      Buffer.from(world.canary.slice(0, 12)),
      world.keys.chunkKey.export(),
      world.keys.chunker.key,
      world.keys.chunkSeed.key,
      world.keys.contentId.key,
    );
    await this.#advanceTo(FIRST_BACKUP_MS / 10);
  }

  #begin(action: Action): void {
    const world = this.#world;
    world.note(describe(action));
    const work = isFault(action.kind) ? strike(world, action) : perform(world, action);
    work.catch((error: unknown) => world.fail('no-bugs', textOf(error)));
  }

  async #advanceTo(ms: number): Promise<void> {
    const world = this.#world;
    while (!world.breach && this.#nextSampleMs <= ms) {
      await world.clock.advance(this.#nextSampleMs - world.nowMs);
      for (const sampler of this.#samplers) sampler.sample();
      this.#nextSampleMs += HOUR;
    }
    if (!world.breach && ms > world.nowMs) await world.clock.advance(ms - world.nowMs);
  }
}

/** Same settings and script: same report, on any machine and in any order of runs. */
export function simulate(options: RunOptions): Promise<SimulationReport> {
  return new Run(options).run();
}
