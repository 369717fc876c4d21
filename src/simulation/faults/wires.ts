/** Networks that fall apart, lose, delay, or break connections. */
import { noRepairStorm } from '../checkers/no-repair-storm.ts';
import type { Machine } from '../machine.ts';
import type { Action } from '../script.ts';
import type { World } from '../world.ts';

const LOSS_SHARE = 0.2;
const SLOW_FACTOR = 40;

function cut(
  world: World,
  [from, to]: readonly [readonly Machine[], readonly Machine[]],
  forMs: number,
  name: string,
): void {
  const pairs = from.flatMap((a) => to.map((b) => [a.name, b.name] as const));
  for (const [a, b] of pairs) world.hub.cut(a, b);
  world.during(name, forMs, () => {
    for (const [a, b] of pairs) world.hub.mend(a, b);
  });
}

/** The mesh falls into two parts, which do not hear each other. Devices reach both, or only one. */
export async function partition(world: World, { id, forMs, strength }: Action): Promise<void> {
  const random = world.random.fork(`partition ${id}`);
  const present = world.present();
  const left = present.filter(() => random.below(2) === 0);
  const right = present.filter((machine) => !left.includes(machine));
  if (strength < 0.5) {
    world.beyond = new Set(right.map(({ name }) => name));
    world.clock.schedule(forMs, () => {
      world.beyond = new Set();
    });
  }
  const needed = world.truth.needed();
  cut(world, [left, right], forMs, 'partition');
  cut(world, [right, left], forMs, 'partition');
  world.clock.schedule(forMs, () => noRepairStorm(world, needed));
}

/** What one peer says is not heard by some others. */
export async function oneWay(world: World, { id, target, forMs }: Action): Promise<void> {
  const random = world.random.fork(`one-way ${id}`);
  const present = world.present();
  const machine = present[target % Math.max(1, present.length)];
  if (!machine) return;
  const deaf = present.filter((other) => other !== machine && random.below(2) === 0);
  cut(world, [[machine], deaf], forMs, 'one-way');
}

export async function lossy(world: World, { forMs, strength }: Action): Promise<void> {
  world.hub.lossShare = strength * LOSS_SHARE;
  world.during('lossy', forMs, () => {
    world.hub.lossShare = 0;
  });
}

/** Everything takes longer. */
export async function slowNetwork(world: World, { forMs, strength }: Action): Promise<void> {
  world.slowness = 1 + strength * SLOW_FACTOR;
  world.during('slow-network', forMs, () => {
    world.slowness = 1;
  });
}

/** Connections of one peer break: requests were handled, their answers never come, so they are asked again. */
export async function reset(world: World, { target }: Action): Promise<void> {
  const present = world.present();
  const machine = present[target % Math.max(1, present.length)];
  if (!machine) return;
  for (const other of world.hub.node(machine.name)?.connected() ?? []) world.hub.reset(machine.name, other);
}
