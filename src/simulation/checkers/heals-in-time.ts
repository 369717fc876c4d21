/** heals-in-time (S4, R1): when faults have stopped, every chunk has its copies again, in as many zones as there are. */
import type { Machine } from '../machine.ts';
import type { World } from '../world.ts';

const COPIES = 3;

/** Running machines that keep it in its place and give it out; one that only hides log entries is as good as others. */
function sound(world: World, digest: string): readonly Machine[] {
  return world
    .present()
    .filter((machine) => machine.running && machine.offers(digest) && machine.books.keeps(digest));
}

export function healed(world: World): void {
  const able = world.present().filter((machine) => machine.running && !machine.liar);
  const wanted = Math.min(COPIES, able.length);
  const zones = Math.min(wanted, new Set(able.map(({ zone }) => zone)).size);
  for (const digest of world.truth.needed()) {
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
