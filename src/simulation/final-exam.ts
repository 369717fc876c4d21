/** The end of a run: nothing fails any more, so everything must have healed, and every promise is taken at its word. */
import type { VaultHandle } from '../api/vault-handle.ts';
import { isVaultError } from '../model/errors.ts';
import { restoredRight } from './checkers/acknowledged-restores.ts';
import { healed } from './checkers/heals-in-time.ts';
import { promiseKept } from './checkers/promise-not-overstated.ts';
import { Device } from './device.ts';
import { Liar } from './faults/liar.ts';
import type { KnownSnapshot } from './truth.ts';
import { textOf, type World } from './world.ts';

/** Snapshots restored over the network, before and after peers are taken away. */
const RESTORED = 3;

/** Puts everything right that a person would put right: power, disks, cables, clocks. */
export async function endFaults(world: World): Promise<void> {
  world.hub.heal();
  world.beyond = new Set();
  world.hub.lossShare = 0;
  world.slowness = 1;
  for (const machine of world.present()) {
    machine.disk.fault = undefined;
    machine.diskMs = 1;
    await machine.start();
    if (machine.draining) await machine.drain(false);
  }
}

function someOf(world: World, random: (below: number) => number): readonly KnownSnapshot[] {
  const live = [...world.truth.live()];
  const chosen = live.splice(-1);
  while (chosen.length < RESTORED && live.length > 0) chosen.push(...live.splice(random(live.length), 1));
  return chosen;
}

async function restoreSome(world: World, device: Device, vault: VaultHandle): Promise<void> {
  const random = world.random.fork(`exam ${world.nowMs}`);
  for (const snapshot of someOf(world, (below) => random.below(below))) {
    const summary = await vault.restore({ snapshot: snapshot.id, target: '/restored' });
    restoredRight(world, snapshot, device.restored, summary.failed);
    if (summary.alarms.length > 0)
      world.fail('no-false-alarms', `restoring raised: ${summary.alarms[0]?.message ?? ''}`);
  }
}

/** Every acknowledged snapshot is known to a machine that knew nothing (L2, L3). */
async function allKnown(world: World, vault: VaultHandle): Promise<void> {
  const shown = new Set((await vault.snapshots()).map(({ id }) => id));
  for (const { id, fate } of world.truth.all()) {
    if (fate === 'live' && !shown.has(id))
      world.fail('acknowledged-restores', `snapshot ${id.slice(0, 8)} is not known to anybody`);
    if (fate === 'forgotten' && shown.has(id))
      world.fail('forgotten-stays-forgotten', `snapshot ${id.slice(0, 8)} is back`);
  }
}

/** As many peers leave at once as `status` allows; what is acknowledged still restores. */
async function takeAtItsWord(world: World, device: Device): Promise<void> {
  await device.run(async (vault) => {
    const { snapshots } = await vault.status();
    promiseKept(world, snapshots);
    const live = snapshots.filter(({ snapshot }) => world.truth.get(snapshot.id)?.fate === 'live');
    const losable = Math.min(...live.map(({ peersCanBeLost }) => peersCanBeLost));
    if (live.length === 0) return;
    const random = world.random.fork('last losses');
    const victims = [...world.present()];
    for (let i = 0; i < losable && victims.length > 1; i++) {
      const [victim] = victims.splice(random.below(victims.length), 1);
      await victim?.crash();
      victim?.leave(world.nowMs);
    }
    world.count('peers lost in the end', losable);
    await restoreSome(world, device, vault);
  });
}

/** All holders show the logs of some days ago: who remembers more must say so (L3). */
async function rolledBack(world: World): Promise<void> {
  const remembers = (device: Device): boolean =>
    (device.state?.logs.devices() ?? []).some(({ confirmed }) => confirmed > 1);
  const device = world.devices.find(remembers);
  if (!device) return;
  for (const machine of world.present()) {
    await machine.crash();
    machine.liar = new Liar(world, machine, 'hiding');
    await machine.start();
  }
  try {
    await device.run((vault) => vault.snapshots());
    world.fail('rollback-alarm', `all holders hide the newest log entries, and ${device.label} says nothing`);
  } catch (error) {
    if (!isVaultError(error, 'rollback')) throw error;
    world.count('rollbacks noticed');
  }
}

export async function finalExam(world: World): Promise<void> {
  healed(world);
  if (world.breach || world.truth.live().length === 0) return;
  const device = new Device(world, world.devices.length);
  try {
    await device.inTurn(() => device.recover(world.words));
    await device.run(async (vault) => {
      await allKnown(world, vault);
      await restoreSome(world, device, vault);
    });
    if (!world.breach) await takeAtItsWord(world, device);
    if (!world.breach) await rolledBack(world);
  } catch (error) {
    world.fail('acknowledged-restores', `after everything was put right: ${textOf(error)}`);
  }
}
