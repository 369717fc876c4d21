/** A backup with three copies through an uplink of 20 Mbit/s and 40 ms, to holders with different uplinks; once with a link that stalls. */
import { MiB } from '../../../src/model/units.ts';
import type { BenchContext } from '../context.ts';
import { withFigures } from '../sample.ts';
import { knownSpreads, NO_RELAY, type Spread } from '../spread.ts';
import { whenHalf } from '../when-half.ts';
import { ShapedMesh } from './shaped-mesh.ts';

const MBIT = 1e6;
const UPLINK = 20 * MBIT;
const LINKS = { ownerUp: UPLINK, holdersUp: [100 * MBIT, 50 * MBIT, 10 * MBIT], roundTripMs: 40 };
const COPIES = 3;
const STALL_MS = 5000;
const STEP = 'backup';
const DATA = '20 Mbit/s up, 40 ms';

export async function slowUplink(context: BenchContext): Promise<void> {
  const { options, programs, ledger } = context;
  const bytes = options.quick ? 8 * MiB : 64 * MiB;
  const spreads = knownSpreads(programs);
  if (!spreads.includes('relay')) ledger.skipped.push({ case: 'shaped', why: NO_RELAY });
  await ShapedMesh.with(context, LINKS, bytes, async (mesh) => {
    for (let run = 0; run < options.runs; run++) {
      for (const spread of spreads) {
        await push(context, mesh, spread);
        await push(context, mesh, spread, bytes);
      }
    }
  });
}

/** `stallAfter`: bytes of which the half has been written when the owner's whole link stalls. */
async function push(
  { ledger }: BenchContext,
  mesh: ShapedMesh,
  spread: Spread | undefined,
  stallAfter?: number,
): Promise<void> {
  const home = await mesh.newVault(COPIES);
  const how = spread === undefined ? [] : ['--spread', spread];
  const half =
    stallAfter === undefined ? undefined : whenHalf(stallAfter, () => mesh.network.stall(STALL_MS));
  const sample = await mesh.backup(home, how, half ? { onProgress: half.onProgress } : {});
  await half?.done();
  const { sentBytes = 0, sealedBytes = 1 } = sample.figures ?? {};
  const shares = {
    sentPerSealed: sentBytes / sealedBytes,
    timePerSealed: sample.wallMs / ((1000 * 8 * sealedBytes) / UPLINK),
  };
  const tool = `vault, ${spread ?? 'direct'}${half ? ', link stalls 5 s' : ''}`;
  ledger.add({ case: 'shaped', data: DATA, step: STEP, tool }, false, withFigures(sample, shares));
}
