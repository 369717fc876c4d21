/** The ways in which peers fail in a round, and how the machine is mended at its end. */
import fs from 'node:fs';
import path from 'node:path';
import type { Random } from '../../src/runtime/random.ts';
import { corruptSome, deleteSome, restoreImage, saveImage } from './chunk-files.ts';
import type { SimulatedPeer, World } from './world.ts';

/** kill, stop: silent for the rest of the round. restart: killed and started. The others lose bytes and go on serving. */
const KINDS = ['kill', 'stop', 'restart', 'delete', 'corrupt', 'wipe'] as const;
type FaultKind = (typeof KINDS)[number];

/** When it strikes. Only silence is worth timing: 'backup' and 'restore' mean in the middle of one. */
export type FaultTime = 'before' | 'backup' | 'restore';

export interface Fault {
  readonly peer: SimulatedPeer;
  readonly kind: FaultKind;
  readonly time: FaultTime;
}

/** Chooses `count` different peers, what happens to each, and when. */
export function chooseFaults(
  peers: readonly SimulatedPeer[],
  count: number,
  random: Random,
): readonly Fault[] {
  const left = [...peers];
  const below = (limit: number): number => Math.floor(random.fraction() * limit);
  return Array.from({ length: Math.min(count, peers.length) }, () => {
    const peer = left.splice(below(left.length), 1)[0] as SimulatedPeer;
    const kind = KINDS[below(KINDS.length)] as FaultKind;
    const silent = kind === 'kill' || kind === 'stop';
    const time = silent ? ((['before', 'backup', 'restore'] as const)[below(3)] as FaultTime) : 'before';
    return { peer, kind, time };
  });
}

function imageOf(peer: SimulatedPeer): string {
  return `${peer.folder}.image`;
}

/** Lets the fault strike now. */
export async function strike(fault: Fault, world: World, random: Random): Promise<void> {
  const { peer, kind } = fault;
  if (kind === 'kill') await world.down(peer);
  else if (kind === 'stop') peer.process?.pause();
  else if (kind === 'restart') {
    await world.down(peer);
    await world.up(peer);
  } else {
    saveImage(peer.folder, imageOf(peer));
    if (kind === 'delete') deleteSome(peer.folder, random);
    else if (kind === 'corrupt') corruptSome(peer.folder, random);
    else await wipe(peer, world);
  }
}

/** A new disk in an old machine: the identity is restored from elsewhere, the holdings are gone. */
async function wipe(peer: SimulatedPeer, world: World): Promise<void> {
  await world.down(peer);
  for (const name of fs.readdirSync(peer.folder, { recursive: true, encoding: 'utf8' })) {
    if (path.basename(name) === 'vaults') fs.rmSync(path.join(peer.folder, name), { recursive: true });
  }
  await world.up(peer);
}

/**
 * Ends the round: everybody runs again, and lost bytes are put back by hand. Peers do not repair each other in this version;
 * without this, damage would add up over the rounds beyond what three copies can survive.
 */
export async function mend(faults: readonly Fault[], world: World): Promise<void> {
  for (const { peer } of faults) {
    peer.process?.resume();
    await world.down(peer);
    if (fs.existsSync(imageOf(peer))) restoreImage(peer.folder, imageOf(peer));
    await world.up(peer);
  }
}
