/** `vault doctor`: gathers what can be seen from here, and lets the rules say what it means. */
import { isVaultError } from '../model/errors.ts';
import { diagnose, type MeshFacts } from '../policy/diagnose.ts';
import type { VaultHome } from '../vault/vault-home.ts';
import type { DoctorOptions, DoctorReport } from './doctor-types.ts';
import { examineMesh, silentMesh } from './examine-mesh.ts';
import { examinePeer } from './examine-peer.ts';
import { folderFacts } from './folder-facts.ts';
import type { VaultWork } from './vault-work.ts';

const SECRETS = ['vault.json', 'state.db', 'ticket', 'peers.json', 'known-peers.json', 'holder-table'];

/** `join` joins the mesh and brings the books up to date. */
export async function doctorVault(
  home: VaultHome,
  join: () => Promise<VaultWork>,
  { peerFolder, signal }: DoctorOptions,
): Promise<DoctorReport> {
  const own = peerFolder === undefined ? undefined : await examinePeer(peerFolder);
  const mesh = await meshFacts(home, join, signal);
  const folders = [await folderFacts('vault', home.folder, SECRETS), ...(own ? [own.folder] : [])];
  const findings = diagnose({ folders, mesh, ...(own ? { ownPeer: own.peer } : {}) });
  return { findings, peers: mesh.peers };
}

/** That nobody answers, or that the logs raise an alarm, is what is looked for, not the end of it. */
async function meshFacts(
  home: VaultHome,
  join: () => Promise<VaultWork>,
  signal: AbortSignal | undefined,
): Promise<MeshFacts> {
  try {
    return await examineMesh(await join());
  } catch (error) {
    signal?.throwIfAborted();
    if (!isVaultError(error, 'unavailable', 'timeout', 'foreign-mesh', 'too-few-peers', 'closed'))
      throw error;
    return silentMesh(error.message, home.copies);
  }
}
