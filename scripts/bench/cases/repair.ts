/** Case 9: one of the holders is lost, and the peers make its copies again by themselves: at their limit, and as fast as they can. */
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { DEFAULT_KEEPER_SETTINGS } from '../../../src/maintenance/keeper-settings.ts';
import { MiB } from '../../../src/model/units.ts';
import type { BenchContext } from '../context.ts';
import { bytesBelow } from '../data/file-list.ts';
import { writeNoise } from '../data/noise.ts';
import { LOOPBACK, Mesh } from '../mesh/mesh.ts';
import type { PeerChild } from '../mesh/peer-child.ts';
import { PeersMeter } from '../mesh/peers-meter.ts';
import { type Sample, withFigures } from '../sample.ts';

const NAME = 'repair';
const PEERS = 5;
const COPIES = 3;
const FULL_BYTES: number = 512 * MiB;
const QUICK_BYTES: number = 32 * MiB;
/** A peer is lost after seconds, not days; everything else is as usual. */
const HURRY = ['--suspect-after', '4s', '--away-after', '6s', '--lost-after', '8s', '--check-every', '1s'];
const UNLIMITED = ['--repair-limit', '100GiB'];
const LOOK_EVERY_MS = 250;
const MOST_MS = 15 * 60_000;
/** What is copied when the clock starts and stops: the first and the last chunks are found by looking every now and then. */
const BEGUN_SHARE = 0.02;
const DONE_SHARE = 0.98;

export async function repairCase(context: BenchContext): Promise<void> {
  const { workspace, options, ledger } = context;
  const data = options.quick ? QUICK_BYTES : FULL_BYTES;
  const limit = DEFAULT_KEEPER_SETTINGS.repairBytesPerSecond;
  const tools = [
    { tool: `vault, limit ${limit / MiB} MiB/s`, args: HURRY, limit },
    { tool: 'vault, no limit', args: [...HURRY, ...UNLIMITED], limit: undefined },
  ];
  for (let run = 0; run < options.runs; run++) {
    for (const { tool, args, limit: most } of tools) {
      const folder = workspace.folder(NAME);
      const sample = await lost(context, folder, data, args);
      // Each peer has a limit of its own; the one with the most to copy is the last that copies.
      const perSecond = sample.figures?.mostBytesPerSecond ?? 0;
      const share = most === undefined ? {} : { shareOfRate: perSecond / most };
      const row = { case: NAME, data: `${data / MiB} MiB`, step: 'lost holder', tool };
      ledger.add(row, false, withFigures(sample, share));
      await workspace.remove(folder);
    }
  }
}

/** From the first chunks that are copied to the last ones. */
async function lost(
  { workspace, programs }: BenchContext,
  folder: string,
  bytes: number,
  runArgs: readonly string[],
): Promise<Sample> {
  const source = path.join(folder, 'source');
  const home = path.join(folder, 'home');
  fs.mkdirSync(source, { recursive: true });
  writeNoise(path.join(source, 'noise'), bytes);
  const places = Array.from({ length: PEERS }, () => LOOPBACK);
  const mesh = await Mesh.start({ workspace, programs, folder: path.join(folder, 'mesh'), places, runArgs });
  try {
    await mesh.createVault(home, COPIES);
    await mesh.vault(home, ['backup', source, '--json']);
    const victim = mesh.peers.toSorted((a, b) => keptBy(b) - keptBy(a))[0];
    if (!victim) throw new Error('a mesh without peers');
    const missing = keptBy(victim);
    await victim.kill();
    return await repaired(mesh, missing);
  } finally {
    await mesh.stop();
  }
}

interface Copied {
  readonly at: number;
  /** By each peer, in order. */
  readonly each: readonly number[];
}

async function repaired(mesh: Mesh, missing: number): Promise<Sample> {
  const alive = mesh.peers.filter((peer) => peer.alive);
  const before = alive.map(keptBy);
  const late = performance.now() + MOST_MS;
  const until = async (share: number): Promise<Copied> => {
    for (;;) {
      const each = alive.map((peer, i) => keptBy(peer) - (before[i] ?? 0));
      const at = performance.now();
      if (sum(each) >= share * missing) return { at, each };
      if (at > late) throw new Error(`of ${missing} bytes only ${sum(each)} were copied again`);
      await wait(LOOK_EVERY_MS);
    }
  };
  const begun = await until(BEGUN_SHARE);
  const meter = new PeersMeter(alive);
  const done = await until(DONE_SHARE);
  const peers = meter.read();
  const wallMs = done.at - begun.at;
  const perSecond = done.each.map((bytes, i) => ((bytes - (begun.each[i] ?? 0)) / wallMs) * 1000);
  const figures = {
    mostBytesPerSecond: Math.max(...perSecond),
    megabytesPerSecond: sum(perSecond) / 1e6,
    shareOfOneCore: peers.cpuMs / wallMs,
  };
  return { wallMs, cpuMs: 0, peakRssBytes: 0, writtenBytes: 0, peers, figures };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function keptBy(peer: PeerChild): number {
  return bytesBelow(path.join(peer.folder, 'vaults'));
}
