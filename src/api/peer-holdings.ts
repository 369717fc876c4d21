/** Opens what a peer holds for others, with its quota and the part of the disk that it leaves free (P2). */
import path from 'node:path';
import { idText } from '../model/ids.ts';
import { GiB } from '../model/units.ts';
import { nodeDisk } from '../runtime/node-disk.ts';
import { systemClock } from '../runtime/system-clock.ts';
import { Holdings } from '../store/holdings.ts';
import type { PeerFolder } from './peer-folder.ts';
import type { StartPeerOptions } from './peer-types.ts';

const FLOOR_BYTES: number = 5 * GiB;
const FLOOR_SHARE = 0.05;
/** Chunks that wait for the end of their backup are renewed when they are asked for, this often before they expire (L2). */
const RENEWALS = 7;

/** A peer never fills a disk beyond this: 5 GiB or 5% of it, whichever is lower. */
async function floorBytes(folder: string): Promise<number> {
  const { totalBytes } = await nodeDisk().space(folder);
  return Math.min(FLOOR_BYTES, Math.floor(totalBytes * FLOOR_SHARE));
}

/** The caller closes them. */
export async function openHoldings(
  peer: PeerFolder,
  options: Pick<StartPeerOptions, 'onWarning' | 'maxVaultBytes' | 'maxChunks' | 'maxVaultChunks'> & {
    readonly expiryMs?: number;
  } = {},
): Promise<Holdings> {
  const { onWarning, maxVaultBytes, maxChunks, maxVaultChunks, expiryMs } = options;
  return Holdings.open({
    disk: nodeDisk(),
    folder: peer.folder,
    self: peer.peerId,
    capacityBytes: peer.settings.capacityBytes,
    floorBytes: await floorBytes(peer.folder),
    clock: systemClock,
    booksPath: path.join(peer.folder, 'books.db'),
    ...(maxVaultBytes === undefined ? {} : { maxVaultBytes }),
    ...(maxChunks === undefined ? {} : { maxChunks }),
    ...(maxVaultChunks === undefined ? {} : { maxVaultChunks }),
    ...(expiryMs === undefined ? {} : { renewMs: expiryMs / RENEWALS }),
    onDamage: (vault, what, name) =>
      onWarning?.(`a damaged ${what} (${name}) of vault ${idText(vault)} was put into quarantine`),
  });
}
