/** What the way to each peer of the mesh can do, one after the other, so that they do not share the line while they are measured. */
import type { Digest } from '../model/ids.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import { benchPeer, notMeasured } from './bench-peer.ts';
import type { BenchOptions, MeshBench, PeerBench } from './bench-types.ts';
import { rankedPeers } from './peers-of-vault.ts';
import { liveDigests } from './vault-status.ts';
import type { VaultWork } from './vault-work.ts';

/** All peers together, both ways. */
const MESH_MS = 12_000;
/** Each peer, each way. */
const MEASURE_MS = 1500;
const LEAST_MS = 300;
const SAMPLE_CHUNKS = 256;

/** `join` joins the mesh and brings the books up to date, which is measured too. */
export async function benchMesh(
  clock: Clock,
  join: () => Promise<VaultWork>,
  options: BenchOptions,
): Promise<MeshBench> {
  const joiningMs = clock.monotonicMs();
  const work = await join();
  const joinMs = clock.monotonicMs() - joiningMs;
  const { session, surroundings, wait, state } = work;
  const { random } = surroundings;
  const { ranked, leftOut, copiesTarget, trialMesh } = await rankedPeers(work);
  const sizeOf = (digest: Digest): number => state.chunks.sizeOf(digest);
  const chunks = someOf(liveDigests(state), SAMPLE_CHUNKS, random).sort((a, b) => sizeOf(a) - sizeOf(b));
  // Those that have something to fetch come first.
  const order = ranked.toSorted((a, b) => Number(b.holder) - Number(a.holder));
  const { measureMs = MEASURE_MS } = options;
  const ms = Math.min(measureMs, Math.max(LEAST_MS, MESH_MS / (2 * Math.max(1, order.length))));
  const startMs = clock.monotonicMs();
  const peers: PeerBench[] = [];
  for (const { peer, name, zone, holder } of order) {
    options.onProgress?.({ stage: 'mesh', peer: name });
    const inTime = clock.monotonicMs() - startMs < MESH_MS;
    const remote = session.remoteOf(peer);
    const found = inTime ? await benchPeer({ clock, remote, chunks, ms, wait }) : notMeasured();
    peers.push({ peer, name, zone, holder, ...found });
  }
  return {
    copiesTarget,
    trialMesh,
    joinMs,
    peers,
    leftOut: leftOut.map(({ name, reason }) => ({ name, reason })),
  };
}

/** `most` of them, each as likely as any other. */
function someOf(all: Iterable<Digest>, most: number, random: Random): Digest[] {
  const some: Digest[] = [];
  let seen = 0;
  for (const digest of all) {
    seen++;
    if (some.length < most) some.push(digest);
    else {
      const at = Math.floor(random.fraction() * seen);
      if (at < most) some[at] = digest;
    }
  }
  return some;
}
