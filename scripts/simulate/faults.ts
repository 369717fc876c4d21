/** The ways in which peers fail in a round, and how they are set right at its end; what they lost they must heal by themselves. */
import fs from 'node:fs';
import path from 'node:path';
import type { SeededRandom } from '../../src/runtime/seeded-random.ts';
import { corruptSome, deleteSome } from './chunk-files.ts';
import type { SimulatedPeer, World } from './world.ts';

/**
 * kill, stop (SIGSTOP), cut (no byte in or out), mute (nothing it sends arrives), deaf (it hears nothing): silent for the rest of the
 * round. restart: killed and started. slow: a link of 256 KiB/s and 100 ms. full: no room for anything more. clock: its wall clock is
 * wrong by days. delete, corrupt: chunk files vanish or rot under the running peer. lie: they vanish, and it never looks, so it goes on
 * claiming them. wipe: a new disk in the old machine.
 */
export const KINDS = [
  'kill',
  'stop',
  'cut',
  'mute',
  'deaf',
  'restart',
  'slow',
  'full',
  'clock',
  'delete',
  'corrupt',
  'lie',
  'wipe',
] as const;
export type FaultKind = (typeof KINDS)[number];

/**
 * When it strikes: before the backup, in the middle of it, after it, or in the middle of the restore. Silence may begin at any time;
 * what makes writing hard begins before the backup; what destroys copies comes after it.
 */
export type FaultTime = 'first' | 'backup' | 'after' | 'restore';

export interface Fault {
  readonly peer: SimulatedPeer;
  readonly kind: FaultKind;
  readonly time: FaultTime;
}

const TIMES: readonly FaultTime[] = ['first', 'backup', 'after', 'restore'];
const HINDERING: readonly FaultKind[] = ['slow', 'full', 'clock'];
const SILENT: readonly FaultKind[] = ['kill', 'stop', 'cut', 'mute', 'deaf'];
const SLOW_LINK = { delayMs: 100, bytesPerSecond: 256 * 1024 };
const DAY_MS = 86_400_000;
const WRONG_CLOCKS_MS: readonly number[] = [-400 * DAY_MS, -2 * DAY_MS, 30 * DAY_MS, 400 * DAY_MS];
/** A liar does not read its own disk, so nothing tells it what it lost. */
const NO_SCRUB = { 'scrub-every': '14d' };

/** True when nobody hears the peer while the fault lasts. */
export function isSilent({ kind }: Fault): boolean {
  return SILENT.includes(kind);
}

/** Chooses `count` different peers, what happens to each, and when. */
export function chooseFaults(
  peers: readonly SimulatedPeer[],
  count: number,
  random: Pick<SeededRandom, 'fraction'>,
  kinds: readonly FaultKind[] = KINDS,
): readonly Fault[] {
  const left = [...peers];
  const below = (limit: number): number => Math.floor(random.fraction() * limit);
  return Array.from({ length: Math.min(count, peers.length) }, () => {
    const peer = left.splice(below(left.length), 1)[0] as SimulatedPeer;
    const kind = kinds[below(kinds.length)] as FaultKind;
    return { peer, kind, time: timeOf(kind, below) };
  });
}

function timeOf(kind: FaultKind, below: (limit: number) => number): FaultTime {
  if (SILENT.includes(kind)) return TIMES[below(TIMES.length)] as FaultTime;
  return HINDERING.includes(kind) ? 'first' : 'after';
}

/** Lets the fault strike now. */
export async function strike(fault: Fault, world: World, random: SeededRandom): Promise<void> {
  const { peer, kind } = fault;
  const { switchboard } = world;
  if (kind === 'kill') await world.down(peer);
  else if (kind === 'stop') peer.process?.pause();
  else if (kind === 'cut') switchboard.rule(peer.name, { mute: true, deaf: true });
  else if (kind === 'mute') switchboard.rule(peer.name, { mute: true });
  else if (kind === 'deaf') switchboard.rule(peer.name, { deaf: true });
  else if (kind === 'slow') switchboard.rule(peer.name, SLOW_LINK);
  else if (kind === 'delete') deleteSome(peer.folder, random);
  else if (kind === 'corrupt') corruptSome(peer.folder, random);
  else await strikeDown(fault, world, random);
}

/** Faults for which the peer has to be started anew. */
async function strikeDown({ peer, kind }: Fault, world: World, random: SeededRandom): Promise<void> {
  await world.down(peer);
  if (kind === 'wipe') wipe(peer);
  const shift = WRONG_CLOCKS_MS[random.below(WRONG_CLOCKS_MS.length)] ?? 0;
  // Less than what it keeps already: every further byte is one too many.
  if (kind === 'full') await world.up(peer, { options: { 'max-per-vault': '1MiB' } });
  else if (kind === 'clock') await world.up(peer, { clockShiftMs: shift });
  else if (kind === 'lie') await world.up(peer, { options: NO_SCRUB });
  else await world.up(peer);
  if (kind === 'lie') deleteSome(peer.folder, random);
}

/** A new disk in an old machine: the identity is restored from elsewhere, the holdings are gone. */
function wipe(peer: SimulatedPeer): void {
  for (const name of fs.readdirSync(peer.folder, { recursive: true, encoding: 'utf8' })) {
    if (path.basename(name) === 'vaults') fs.rmSync(path.join(peer.folder, name), { recursive: true });
  }
}

/** Ends the round: everybody runs, hears and is heard again, with a right clock and room. Lost bytes are not put back. */
export async function mend(faults: readonly Fault[], world: World): Promise<void> {
  for (const { peer, kind } of faults) {
    world.switchboard.rule(peer.name);
    peer.process?.resume();
    if (['cut', 'mute', 'deaf', 'slow', 'stop'].includes(kind)) continue;
    await world.down(peer);
    await world.up(peer);
  }
}
