/** logs-never-shrink (L1, L3): a log entry that a holder has, it keeps, unless its disk damaged it. */
import { idText } from '../../model/ids.ts';
import type { World } from '../world.ts';

export class LogsNeverShrink {
  readonly #world: World;
  /** Longest seen, by machine and device. */
  readonly #longest = new Map<string, number>();

  constructor(world: World) {
    this.#world = world;
  }

  sample(): void {
    for (const device of this.#world.devices) {
      const id = device.state && idText(device.state.device);
      if (id === undefined) continue;
      for (const machine of this.#world.present()) {
        const key = `${machine.options.index} ${id}`;
        const length = machine.books.logLength(id);
        const before = this.#longest.get(key) ?? 0;
        if (length < before && machine.logsDamagedMs === undefined) {
          this.#world.fail(
            'logs-never-shrink',
            `${machine.label} had ${before} entries of ${device.label} and has ${length}`,
          );
        }
        this.#longest.set(key, length);
      }
    }
  }
}
