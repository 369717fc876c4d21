/** Everything that will be done to the world, written down before it starts: the seed's whole plan, from which lines can be struck. */
import { SeededRandom } from '../runtime/seeded-random.ts';
import { DAY, type FaultClass, HOUR, MINUTE, type SimulationSettings } from './simulation-settings.ts';

export type OperationKind =
  | 'backup'
  | 'restore'
  | 'forget'
  | 'prune'
  | 'undelete'
  | 'status'
  | 'recover'
  | 'check'
  | 'lose-books'
  | 'repair'
  | 'retire';

export type FaultKind =
  | 'crash'
  | 'leave'
  | 'join'
  | 'rot'
  | 'full-disk'
  | 'slow-disk'
  | 'partition'
  | 'one-way'
  | 'lossy'
  | 'slow-network'
  | 'reset'
  | 'clock'
  | 'kill-client'
  | 'liar'
  | 'lower-allowance'
  | 'drain';

/** One line of the plan. What it does depends on nothing but itself and the state it meets, so that lines can be left out. */
export interface Action {
  readonly id: number;
  readonly atMs: number;
  readonly kind: OperationKind | FaultKind;
  /** Which device or machine, modulo how many there are. */
  readonly target: number;
  /** For faults that last. */
  readonly forMs: number;
  /** How strong, 0 to 1; its meaning is the kind's. */
  readonly strength: number;
}

const FAULTS: Readonly<Record<FaultClass, readonly FaultKind[]>> = {
  crash: ['crash'],
  absence: ['crash'],
  churn: ['leave'],
  bitrot: ['rot'],
  fullDisk: ['full-disk'],
  slowDisk: ['slow-disk'],
  partition: ['partition', 'one-way'],
  network: ['lossy', 'slow-network', 'reset'],
  clock: ['clock'],
  clientCrash: ['kill-client'],
  allowance: ['lower-allowance'],
  drain: ['drain'],
};

/** The least and the most that a fault of this class lasts. */
const LENGTHS: Readonly<Record<FaultClass, readonly [number, number]>> = {
  crash: [MINUTE, 4 * HOUR],
  absence: [20 * HOUR, 60 * HOUR],
  churn: [HOUR, DAY],
  bitrot: [0, 0],
  fullDisk: [HOUR, DAY],
  slowDisk: [HOUR, 12 * HOUR],
  partition: [10 * MINUTE, 44 * HOUR],
  network: [10 * MINUTE, 12 * HOUR],
  clock: [0, 0],
  clientCrash: [0, 0],
  allowance: [0, 0],
  drain: [0, 0],
};

/** Faults that are worth most in the middle of somebody's work. */
const SHARP: ReadonlySet<FaultKind> = new Set([
  'crash',
  'reset',
  'slow-disk',
  'full-disk',
  'kill-client',
  'one-way',
]);
const WORK_MS = 12_000;

type Draft = Omit<Action, 'id'>;

class Plan {
  readonly #settings: SimulationSettings;
  readonly #random: SeededRandom;
  readonly #drafts: Draft[] = [];
  readonly #backups: Draft[] = [];

  constructor(settings: SimulationSettings) {
    this.#settings = settings;
    this.#random = new SeededRandom(`script ${settings.seed}`);
  }

  write(): readonly Action[] {
    this.#operations();
    const random = this.#random.fork('faults');
    for (const [kind, perDay] of Object.entries(this.#settings.rates))
      this.#faults(kind as FaultClass, perDay, random.fork(kind));
    this.#liars(random.fork('liars'));
    const sorted = this.#drafts.toSorted((a, b) => a.atMs - b.atMs);
    return sorted.map((draft, id) => ({ id, ...draft }));
  }

  get #busyMs(): number {
    return (this.#settings.days - this.#settings.quietDays) * DAY;
  }

  #operations(): void {
    const { devices, backupsPerDay } = this.#settings;
    for (let device = 0; device < devices; device++) {
      const random = this.#random.fork(`device ${device}`);
      let atMs = device === 0 ? 10 * MINUTE : DAY * (1 + 2 * random.fraction());
      if (device > 0) this.#add('recover', device, atMs, random);
      const everyMs = DAY / backupsPerDay;
      // The owner may fall asleep long before the faults end: the mesh goes on by itself.
      const lastMs = this.#busyMs * (0.5 + 0.6 * random.fraction());
      for (atMs += HOUR; atMs < lastMs; atMs += everyMs * (0.5 + random.fraction())) {
        this.#backups.push(this.#add('backup', device, atMs, random));
        this.#afterwards(device, atMs + HOUR * (1 + random.fraction() * 5), random);
      }
    }
  }

  /** Of ten backups, some are followed by something else. */
  #afterwards(device: number, atMs: number, random: SeededRandom): void {
    const dice = random.below(20);
    if (dice < 4) this.#add('forget', device, atMs, random);
    else if (dice < 7) this.#add('status', device, atMs, random);
    else if (dice < 10) this.#add('restore', device, atMs, random);
    else if (dice < 12) this.#add('prune', device, atMs, random);
    else if (dice < 13) this.#add('undelete', device, atMs, random);
    else if (dice < 14) this.#add('check', device, atMs, random);
    else if (dice < 15 && random.below(2) === 0) this.#add('lose-books', device, atMs, random);
    else if (dice === 15) this.#add('repair', device, atMs, random);
    else if (dice === 16 && random.below(3) === 0) this.#add('retire', device, atMs, random);
  }

  #faults(type: FaultClass, perDay: number, random: SeededRandom): void {
    const kinds = FAULTS[type];
    const [least, most] = LENGTHS[type];
    // Losses for good come one by one, with time to heal between them.
    const spacingMs = type === 'churn' ? 3 * DAY : 0;
    const days = this.#busyMs / DAY;
    let earliestMs = HOUR;
    const times = Array.from(
      { length: draws(perDay * days, random) },
      () => random.fraction() * this.#busyMs,
    );
    for (const drawn of times.toSorted((a, b) => a - b)) {
      const kind = kinds[random.below(kinds.length)] ?? 'crash';
      const backup = this.#backups[random.below(this.#backups.length)];
      const aimed = SHARP.has(kind) && backup && random.below(2) === 0;
      const atMs = aimed ? backup.atMs + random.fraction() * WORK_MS : drawn;
      if (atMs < earliestMs || atMs > this.#busyMs) continue;
      const share = type === 'partition' ? random.fraction() : random.fraction() ** 2;
      const forMs = least + share * (most - least);
      this.#drafts.push({ kind, atMs, target: random.below(1000), forMs, strength: random.fraction() });
      if (kind === 'leave')
        this.#drafts.push({
          kind: 'join',
          atMs: atMs + forMs,
          target: 0,
          forMs: 0,
          strength: random.fraction(),
        });
      if (spacingMs > 0) earliestMs = atMs + spacingMs;
    }
  }

  #liars(random: SeededRandom): void {
    for (let i = 0; i < this.#settings.liars; i++) {
      const atMs = DAY + random.fraction() * (this.#busyMs / 2);
      const forMs = this.#busyMs - atMs;
      this.#drafts.push({
        kind: 'liar',
        atMs,
        target: random.below(1000),
        forMs,
        strength: random.fraction(),
      });
    }
  }

  #add(kind: OperationKind, target: number, atMs: number, random: SeededRandom): Draft {
    const draft = { kind, target, atMs, forMs: 0, strength: random.fraction() };
    this.#drafts.push(draft);
    return draft;
  }
}

/** A whole number whose mean is `expected`. */
function draws(expected: number, random: SeededRandom): number {
  const whole = Math.floor(expected * 2 * random.fraction());
  return whole + (random.fraction() < 0.5 ? 1 : 0) * (expected > 0 ? 1 : 0);
}

export function writeScript(settings: SimulationSettings): readonly Action[] {
  return new Plan(settings).write();
}

/** For people: one line. */
export function describe({ id, atMs, kind, target, forMs }: Action): string {
  const days = (atMs / DAY).toFixed(3);
  const lasting = forMs > 0 ? ` for ${(forMs / HOUR).toFixed(1)} h` : '';
  return `#${id} day ${days}: ${kind} (target ${target})${lasting}`;
}
