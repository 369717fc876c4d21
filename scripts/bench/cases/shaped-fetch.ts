/** A restore from three holders with uplinks of 50 Mbit/s each, against one such holder; and with one holder's link that stalls. */
import { MiB } from '../../../src/model/units.ts';
import type { BenchContext } from '../context.ts';
import { whenHalf } from '../when-half.ts';
import { ShapedMesh } from './shaped-mesh.ts';

const MBIT = 1e6;
const UPLINK = 50 * MBIT;
const ROUND_TRIP_MS = 40;
const STALL_MS = 5000;
const FETCH_DATA = 'holders 50 Mbit/s up, 40 ms';
const STEP = 'restore';

export async function fetchFromHolders(context: BenchContext): Promise<void> {
  const bytes = context.options.quick ? 16 * MiB : 128 * MiB;
  for (const holders of [3, 1]) await fetchFrom(context, holders, bytes);
}

async function fetchFrom(context: BenchContext, holders: number, bytes: number): Promise<void> {
  const { options, ledger } = context;
  const holdersUp = Array.from({ length: holders }, () => UPLINK);
  await ShapedMesh.with(context, { holdersUp, roundTripMs: ROUND_TRIP_MS }, bytes, async (mesh) => {
    const home = await mesh.newVault(holders);
    await mesh.backup(home);
    const tool = `vault, ${holders} holder${holders === 1 ? '' : 's'}`;
    for (let run = 0; run < options.runs; run++) {
      const sample = await mesh.restore(tool, home);
      ledger.add({ case: 'shaped', data: FETCH_DATA, step: STEP, tool }, false, sample);
      if (holders > 1) await stalling(context, mesh, home, bytes);
    }
  });
}

async function stalling(context: BenchContext, mesh: ShapedMesh, home: string, bytes: number): Promise<void> {
  const half = whenHalf(bytes, () => mesh.network.stall(STALL_MS, [0]));
  const tool = 'vault, 3 holders, the link of one stalls 5 s';
  const sample = await mesh.restore(tool, home, { onProgress: half.onProgress });
  await half.done();
  context.ledger.add({ case: 'shaped', data: FETCH_DATA, step: STEP, tool }, false, sample);
}
