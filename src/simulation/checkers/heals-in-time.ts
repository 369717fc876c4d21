/** heals-in-time (S4, R1): when faults have stopped, every chunk has its copies again, in as many zones as there are. */
import { idText } from '../../model/ids.ts';
import type { Machine } from '../machine.ts';
import type { World } from '../world.ts';

const COPIES = 3;

/** Running machines that keep it in its place and give it out; one that only hides log entries is as good as others. */
function sound(world: World, digest: string): readonly Machine[] {
  return world
    .present()
    .filter((machine) => machine.running && machine.offers(digest) && machine.books.keeps(digest));
}

/** One that is full can take no more, and says so; below this share it has taken its groups back (R5). */
function hasRoom({ books, capacityBytes }: Machine): boolean {
  return books.heldBytes < capacityBytes * 0.75;
}

/** No log entry of these small vaults is larger. A peer whose owner left it less than that cannot take the next one. */
const LARGEST_ENTRY_BYTES = 8 * 1024;

function hasRoomForEntries(machine: Machine): boolean {
  return hasRoom(machine) && machine.capacityBytes - machine.books.heldBytes >= LARGEST_ENTRY_BYTES;
}

/** Every holder of logs that has room for them has all of them (L3). */
function logsComplete(world: World): void {
  const holders = world
    .present()
    .filter((machine) => machine.running && !machine.liar && machine.books.logPaths().length > 0);
  for (const { state, label } of world.devices) {
    const id = state && idText(state.device);
    if (id === undefined) continue;
    const longest = Math.max(0, ...holders.map((machine) => machine.books.logLength(id)));
    const behind = holders.find(
      (machine) => hasRoomForEntries(machine) && machine.books.logLength(id) < longest,
    );
    if (behind) {
      const length = behind.books.logLength(id);
      world.fail('heals-in-time', `${behind.label} has ${length} of ${longest} log entries of ${label}`);
    }
  }
}

export function healed(world: World): void {
  logsComplete(world);
  const honest = world.present().filter((machine) => machine.running && !machine.liar);
  for (const digest of world.truth.needed()) {
    // A backup that reached nobody but cheats says so, and nobody can give out what they got.
    if (world.keepers(digest).length === 0 && world.truth.promisedCopies(digest) === 0) continue;
    const able = honest.filter((machine) => machine.books.keeps(digest) || hasRoom(machine));
    const wanted = Math.min(COPIES, able.length);
    const zones = Math.min(wanted, new Set(able.map(({ zone }) => zone)).size);
    const keepers = sound(world, digest);
    const found = new Set(keepers.map(({ zone }) => zone)).size;
    if (keepers.length >= wanted && found >= zones) continue;
    const where = keepers.map(({ label, zone }) => `${label} in ${zone}`).join(', ');
    world.fail(
      'heals-in-time',
      `${world.settings.quietDays} days after the last fault chunk ${digest.slice(0, 8)} is on ${where || 'nobody'}`,
    );
    return;
  }
}

/** Looks every hour how long chunks have too few copies. */
export class HealingTimes {
  readonly durationsMs: number[] = [];
  readonly #world: World;
  readonly #since = new Map<string, number>();

  constructor(world: World) {
    this.#world = world;
  }

  sample(): void {
    const { nowMs } = this.#world;
    for (const digest of this.#world.truth.needed()) {
      const since = this.#since.get(digest);
      if (this.#world.keepers(digest).length < COPIES) this.#since.set(digest, since ?? nowMs);
      else if (since !== undefined) {
        this.#since.delete(digest);
        this.durationsMs.push(nowMs - since);
      }
    }
  }
}
