/** Disks that rot, fill up, or take their time. */
import { VaultError } from '../../model/errors.ts';
import type { SeededRandom } from '../../runtime/seeded-random.ts';
import type { Machine } from '../machine.ts';
import type { Action } from '../script.ts';
import type { World } from '../world.ts';

const MOST_ROTTEN = 6;
/** One rot in so many hits a log entry. */
const LOG_SHARE = 0.25;
const SLOW_MS = 1500;

function victim(world: World, target: number): Machine | undefined {
  const present = world.present();
  return present[target % Math.max(1, present.length)];
}

function flipped(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  if (random.below(4) === 0) return bytes.subarray(0, random.below(bytes.length));
  const at = random.below(bytes.length);
  bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
  return bytes;
}

function damage(machine: Machine, path: string, random: SeededRandom): void {
  machine.disk.damage(path, (bytes) => {
    const rotten = flipped(bytes, random);
    machine.books.set(path, rotten);
    return rotten;
  });
}

/** Bits flip in some files, or their ends are gone; never in the last good copy of anything. */
export async function rot(world: World, { id, target, strength }: Action): Promise<void> {
  const machine = victim(world, target);
  if (!machine) return;
  const random = world.random.fork(`rot ${id}`);
  const logs = machine.books.logPaths();
  const log = random.fraction() < LOG_SHARE ? logs[random.below(logs.length)] : undefined;
  if (log) {
    damage(machine, log, random);
    machine.logsDamagedMs = world.nowMs;
    world.count('rotten log entries');
  }
  const paths = machine.books.chunkPaths();
  for (let i = 0; i <= strength * MOST_ROTTEN && paths.length > 0; i++) {
    const path = paths[random.below(paths.length)] ?? '';
    const file = machine.books.chunkAt(path);
    if (!file?.good || world.isLastCopy(machine, file.digest)) continue;
    damage(machine, path, random);
    world.ledger.note(machine.options.index, file.digest, world.nowMs);
    world.count('rotten chunks');
  }
}

/** Something else on that machine has filled its disk. */
export async function fullDisk(world: World, { target, forMs }: Action): Promise<void> {
  const machine = victim(world, target);
  if (!machine) return;
  machine.disk.fault = (operation, path) => {
    if (operation === 'write') throw new VaultError('no-space', `the disk is full: could not write ${path}`);
  };
  world.during('full-disk', forMs, () => {
    machine.disk.fault = undefined;
  });
}

export async function slowDisk(world: World, { target, forMs, strength }: Action): Promise<void> {
  const machine = victim(world, target);
  if (!machine) return;
  const usual = machine.diskMs;
  machine.diskMs = Math.max(usual, Math.ceil(strength * SLOW_MS));
  world.during('slow-disk', forMs, () => {
    machine.diskMs = 1;
  });
}
