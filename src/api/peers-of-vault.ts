/** The ranking of the mesh's storage peers as `vault peers` shows it (P1). */

import type { PeersReport } from './vault-types.ts';
import type { VaultWork } from './vault-work.ts';

export async function rankedPeers({ session, home, wait }: VaultWork): Promise<PeersReport> {
  const { ranked, leftOut, trialMesh } = await session.rank(wait);
  const zones = new Map(session.table?.members.map(({ peer, zone }) => [peer, zone]));
  const members = new Set(session.table?.members.map(({ peer }) => peer));
  return {
    ranked: ranked.map(({ facts, ...scores }) => ({
      peer: facts.peer,
      name: facts.name,
      zone: facts.zone,
      ...(facts.latencyMs === undefined ? {} : { latencyMs: facts.latencyMs }),
      freeBytes: facts.freeBytes,
      capacityBytes: facts.capacityBytes,
      ...scores,
      holder: members.has(facts.peer),
    })),
    leftOut: leftOut.map(({ facts, reason }) => ({
      peer: facts.peer,
      name: facts.name || session.nameOf(facts.peer),
      zone: facts.zone || zones.get(facts.peer) || '',
      reason,
      holder: members.has(facts.peer),
    })),
    copiesTarget: session.table?.copies ?? home.copies,
    trialMesh,
  };
}
