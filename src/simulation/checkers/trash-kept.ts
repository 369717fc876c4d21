/** trash-kept (L4): what was dropped can be brought back until its retention has ended on the holder's own clock. */
import type { DiskChange, World } from '../world.ts';

/** When each chunk was last needed by a snapshot that lives. */
export class TrashKept {
  readonly #world: World;
  readonly #lastNeededMs = new Map<string, number>();

  constructor(world: World) {
    this.#world = world;
  }

  sample(): void {
    for (const digest of this.#world.truth.needed()) this.#lastNeededMs.set(digest, this.#world.nowMs);
  }

  changed({ machine, kind, before }: DiskChange): void {
    // A damaged file is put away as soon as it is found, or removed where enough of that is kept: nothing could be brought back from it.
    if (kind !== 'removed' || before?.place !== 'trash' || !before.good) return;
    if (machine.books.has(before.digest)) return;
    const world = this.#world;
    const neededMs = this.#lastNeededMs.get(before.digest);
    const keptMs = world.nowMs - (neededMs ?? Number.NEGATIVE_INFINITY);
    if (keptMs >= world.settings.keeper.trashMs || machine.wall.offsetMs !== 0) {
      world.count('chunks purged');
      return;
    }
    world.fail(
      'trash-kept',
      `${machine.label} purged chunk ${before.digest.slice(0, 8)} ${Math.round(keptMs / 60_000)} minutes after a snapshot needed it`,
    );
  }
}
