/** Who of the mesh answers, how fast, with which clock and version, and what is short of copies: the facts of `vault doctor`. */
import { isVaultError } from '../model/errors.ts';
import type { PeerName } from '../model/ids.ts';
import type { MeshFacts, PeerWord } from '../policy/diagnose.ts';
import { rankedPeers } from './peers-of-vault.ts';
import { programVersion } from './program-version.ts';
import { vaultStatus } from './vault-status.ts';
import type { VaultWork } from './vault-work.ts';

const NOBODY: Omit<MeshFacts, 'trouble' | 'copiesTarget'> = {
  peers: [],
  version: programVersion(),
  trialMesh: false,
  chunks: 0,
  chunksShort: 0,
  chunksUnavailable: 0,
  chunksLost: 0,
};

/** When joining failed. */
export function silentMesh(trouble: string, copiesTarget: number): MeshFacts {
  return { ...NOBODY, trouble, copiesTarget };
}

type Told = Pick<PeerWord, 'answers' | 'version' | 'skewMs'>;

/** Its signed word carries the time at which it was written: half way between question and answer, as far as we can know. */
async function ask({ session, surroundings, wait }: VaultWork, peer: PeerName): Promise<Told> {
  const { clock } = surroundings;
  try {
    const askedMs = clock.now();
    const { issuedAt, version } = await session.remoteOf(peer).info(wait);
    return { answers: true, version, skewMs: issuedAt - (askedMs + clock.now()) / 2 };
  } catch (error) {
    wait.signal?.throwIfAborted();
    if (!isVaultError(error)) throw error;
    return { answers: false, version: '' };
  }
}

export async function examineMesh(work: VaultWork): Promise<MeshFacts> {
  const { ranked, leftOut, copiesTarget, trialMesh } = await rankedPeers(work);
  const rows = [
    ...ranked.map(({ peer, name, zone, holder, latencyMs }) => ({
      peer,
      name,
      zone,
      holder,
      ...(latencyMs === undefined ? {} : { latencyMs }),
    })),
    ...leftOut.map(({ peer, name, zone, holder, reason }) => ({ peer, name, zone, holder, leftOut: reason })),
  ];
  const peers = await Promise.all(
    rows.map(async (row) => {
      const silent = 'leftOut' in row && row.leftOut === 'unreachable';
      return { ...row, ...(silent ? { answers: false, version: '' } : await ask(work, row.peer)) };
    }),
  );
  const status = await vaultStatus(work, {});
  const short = status.histogram.filter(({ copies }) => copies < status.copiesTarget);
  return {
    peers,
    version: programVersion(),
    copiesTarget,
    trialMesh,
    chunks: status.chunks,
    chunksShort: short.reduce((sum, { chunks }) => sum + chunks, 0),
    chunksUnavailable: status.chunksUnavailable,
    chunksLost: status.chunksLost,
  };
}
