/** Bulk push and fetch over one link of 100 Mbit/s and 100 ms, as a share of the link's rate, beside a raw socket through the same link. */
import { MiB } from '../../../src/model/units.ts';
import type { BenchContext } from '../context.ts';
import { addressOf, RAW_PORT } from '../net/shaped-network.ts';
import { withFigures } from '../sample.ts';
import { rawTransfer } from '../transport/raw-socket.ts';
import { BulkRate } from './bulk-rate.ts';
import { ShapedMesh } from './shaped-mesh.ts';

const RATE = 100e6;
const LINKS = { ownerUp: RATE, ownerDown: RATE, holdersUp: [undefined], roundTripMs: 100 };
const DATA = '100 Mbit/s, 100 ms';

export async function distantLink(context: BenchContext): Promise<void> {
  const bytes = context.options.quick ? 32 * MiB : 128 * MiB;
  await ShapedMesh.with(context, LINKS, bytes, async (mesh) => {
    for (let run = 0; run < context.options.runs; run++) {
      await raw(context, mesh, bytes);
      const home = await mesh.newVault(1);
      const pushed = new BulkRate(() => mesh.network.ownerBytes().sent, bytes);
      const push = await mesh.backup(home, [], pushed);
      note(context, 'backup', withFigures(push, { shareOfRate: pushed.share(RATE) }));
      const fetched = new BulkRate(() => mesh.network.ownerBytes().received, bytes);
      const fetch = await mesh.restore('vault, 1 holder', home, fetched);
      note(context, 'restore', withFigures(fetch, { shareOfRate: fetched.share(RATE) }));
    }
  });
}

function note({ ledger }: BenchContext, step: string, sample: Parameters<typeof ledger.add>[2]): void {
  ledger.add({ case: 'shaped', data: DATA, step, tool: 'vault, 1 holder' }, false, sample);
}

async function raw({ workspace, ledger }: BenchContext, mesh: ShapedMesh, bytes: number): Promise<void> {
  const { network } = mesh;
  const [receiver] = network.places;
  const transfer = await rawTransfer({
    workspace,
    bytes,
    sender: network.owner,
    receiver: receiver?.prefix ?? [],
    host: addressOf(0),
    port: RAW_PORT,
  });
  const { wallMs, senderCpuMs: cpuMs } = transfer;
  const figures = { shareOfRate: (8 * bytes * 1000) / wallMs / RATE };
  const sample = { wallMs, cpuMs, peakRssBytes: 0, writtenBytes: bytes, figures };
  ledger.add({ case: 'shaped', data: DATA, step: 'backup', tool: 'raw socket' }, true, sample);
}
