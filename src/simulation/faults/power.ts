/** Power cuts and departures: processes die in the middle of writes, come back, or never do. */
import type { Machine } from '../machine.ts';
import type { Action } from '../script.ts';
import type { World } from '../world.ts';

function victim(world: World, target: number): Machine | undefined {
  const running = world.present().filter((machine) => machine.running);
  return running[target % Math.max(1, running.length)];
}

/** The power goes, and comes back after a while. */
export async function crash(world: World, { target, forMs }: Action): Promise<void> {
  const machine = victim(world, target);
  if (!machine) return;
  await machine.crash();
  world.clock.schedule(forMs, () => void machine.start());
}

/** Leaves for good with all it holds; spared while it has the last copy of anything, or when too few would be left. */
export async function leave(world: World, { target }: Action): Promise<void> {
  const machine = victim(world, target);
  const others = world.present().filter((other) => other !== machine && !other.liar);
  if (!machine || others.length < 4) return;
  if (world.hasLastCopies(machine)) return world.count('spared');
  await machine.crash();
  machine.leave(world.nowMs);
}

/** A new machine joins with an empty disk. */
export async function join(world: World): Promise<void> {
  await world.addMachine().start();
}
