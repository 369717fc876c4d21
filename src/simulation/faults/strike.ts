/** Which fault does what. */
import type { Action, FaultKind } from '../script.ts';
import type { World } from '../world.ts';
import { jump } from './clocks.ts';
import { fullDisk, rot, slowDisk } from './disks.ts';
import { startLiar } from './liar.ts';
import { drain, lowerAllowance } from './owners.ts';
import { crash, join, leave } from './power.ts';
import { lossy, oneWay, partition, reset, slowNetwork } from './wires.ts';

type Fault = (world: World, action: Action) => Promise<void>;

async function killClient(world: World, { target }: Action): Promise<void> {
  const device = world.devices[target % world.devices.length];
  if (device?.kill()) world.count('clients killed');
}

const FAULTS: Readonly<Record<FaultKind, Fault>> = {
  crash,
  leave,
  join,
  rot,
  'full-disk': fullDisk,
  'slow-disk': slowDisk,
  partition,
  'one-way': oneWay,
  lossy,
  'slow-network': slowNetwork,
  reset,
  clock: jump,
  'kill-client': killClient,
  liar: startLiar,
  'lower-allowance': lowerAllowance,
  drain,
};

export function isFault(kind: Action['kind']): kind is FaultKind {
  return kind in FAULTS;
}

export async function strike(world: World, action: Action): Promise<void> {
  if (!isFault(action.kind)) return;
  world.count(`fault ${action.kind}`);
  await FAULTS[action.kind](world, action);
}
