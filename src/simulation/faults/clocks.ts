/** Wall clocks that jump, forwards and backwards, on peers and on devices; monotonic time goes on as it should. */

import type { Action } from '../script.ts';
import { DAY } from '../simulation-settings.ts';
import type { World } from '../world.ts';

const FARTHEST_MS: number = 60 * DAY;

export async function jump(world: World, { target, strength }: Action): Promise<void> {
  const machines = [...world.present(), ...world.devices];
  const machine = machines[target % machines.length];
  if (!machine) return;
  // Mostly small, sometimes months, either way; sometimes it is put right.
  const signed = 2 * strength - 1;
  machine.wall.offsetMs =
    Math.abs(signed) < 0.2 ? 0 : Math.floor(Math.sign(signed) * signed ** 4 * FARTHEST_MS);
  world.count('clocks wrong');
}
