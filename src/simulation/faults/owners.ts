/** What the owners of peers do: they take back room, or empty a machine that will leave. */
import { drainedIsSafe } from '../checkers/drained-is-safe.ts';
import type { Machine } from '../machine.ts';
import type { Action } from '../script.ts';
import { MINUTE } from '../simulation-settings.ts';
import { textOf, type World } from '../world.ts';

/** With fewer others there is nobody to take over what somebody no longer keeps. */
const FEWEST_OTHERS = 4;
const LOOK_MS: number = 10 * MINUTE;
/** Least and most of what it keeps that it may keep from now on. */
const LOWERED: readonly [number, number] = [0.3, 0.9];

/** An honest machine that runs, unless some other is leaving or has too little room: the mesh can take one at a time. */
function volunteer(world: World, target: number): Machine | undefined {
  const present = world.present();
  const troubled = ({ draining, capacityBytes, options }: Machine): boolean =>
    draining || capacityBytes < options.capacityBytes;
  const honest = present.filter((machine) => machine.running && !machine.liar);
  if (present.some(troubled) || honest.length <= FEWEST_OTHERS) return undefined;
  return honest[target % honest.length];
}

/** Its owner gives less than it keeps already, for good. */
export async function lowerAllowance(world: World, { target, strength }: Action): Promise<void> {
  const machine = volunteer(world, target);
  if (!machine?.node) return;
  const [least, most] = LOWERED;
  await machine.lowerCapacity(Math.floor(machine.books.heldBytes * (least + strength * (most - least))));
  world.count('allowances lowered');
}

async function leaveDrained(world: World, machine: Machine): Promise<void> {
  drainedIsSafe(world, machine);
  await machine.stop();
  machine.leave(world.nowMs);
  world.count('peers drained');
  await world.addMachine().start();
}

/** It is emptied, and switched off for good when it says that it may be; a new one comes for it. */
export async function drain(world: World, { target }: Action): Promise<void> {
  const machine = volunteer(world, target);
  if (!machine) return;
  await machine.drain(true);
  const look = async (): Promise<void> => {
    if (machine.gone || !machine.draining) return;
    if (machine.node?.status().safeToLeave) await leaveDrained(world, machine);
    else world.clock.schedule(LOOK_MS, lookAgain);
  };
  const lookAgain = (): void => {
    look().catch((error: unknown) => world.fail('no-bugs', textOf(error)));
  };
  await look();
}
