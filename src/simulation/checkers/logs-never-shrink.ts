/** logs-never-shrink (L1, L3): a log entry that a holder has, it keeps, unless its disk damaged it. */
import { bytesEqual } from '../../model/bytes.ts';
import { type DeviceId, idText, type VaultId } from '../../model/ids.ts';
import type { Machine } from '../machine.ts';
import type { World } from '../world.ts';

/** Entries that its process shows of this log; all of them while none runs. */
function shownBy(machine: Machine, vault: VaultId, device: DeviceId): number {
  if (!machine.node || machine.liar) return Number.POSITIVE_INFINITY;
  const heads = machine.node.holdings.vault(vault)?.logs.heads() ?? [];
  return heads.find((head) => bytesEqual(head.device, device))?.next ?? 0;
}

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
      if (!device.state || id === undefined) continue;
      for (const machine of this.#world.present()) {
        const key = `${machine.options.index} ${id}`;
        const shown = shownBy(machine, device.state.vault, device.state.device);
        const length = Math.min(machine.books.logLength(id), shown);
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
