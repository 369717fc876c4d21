/** Where a chunk's file lies, which file names are chunks, and what all of them add up to. */
import { join } from 'node:path';
import { toHex } from '../model/bytes.ts';
import { isVaultError } from '../model/errors.ts';
import { cidText, type Digest, digestOfCid, GROUPS, groupOf } from '../model/ids.ts';
import type { Disk } from '../runtime/disk.ts';

/** Files looked at together while counting; bounds memory and open requests, not the number of chunks. */
const STATS_AT_ONCE = 64;

export interface Tally {
  chunks: number;
  bytes: number;
}

export function groupFolder(folder: string, group: number): string {
  return join(folder, toHex(Uint8Array.of(group)));
}

export function chunkPath(folder: string, digest: Digest): string {
  return join(groupFolder(folder, groupOf(digest)), cidText(digest));
}

/** The chunk that a file name stands for; `undefined` for any file that is not ours. */
export function chunkOfName(name: string): Digest | undefined {
  try {
    const digest = digestOfCid(name);
    return cidText(digest) === name ? digest : undefined;
  } catch (error) {
    if (isVaultError(error, 'corrupt')) return undefined;
    throw error;
  }
}

/** Chunks of one group, by the names of their files. A file that lies in the wrong group's folder is none. */
export async function chunksOfGroup(disk: Disk, folder: string, group: number): Promise<Digest[]> {
  const digests: Digest[] = [];
  for (const name of await disk.list(groupFolder(folder, group))) {
    const digest = chunkOfName(name);
    if (digest && groupOf(digest) === group) digests.push(digest);
  }
  return digests;
}

/** Adds up the files at `paths`, some at a time. */
async function addUp(disk: Disk, paths: readonly string[], tally: Tally): Promise<void> {
  for (let at = 0; at < paths.length; at += STATS_AT_ONCE) {
    const stats = await Promise.all(paths.slice(at, at + STATS_AT_ONCE).map((path) => disk.stat(path)));
    for (const stat of stats) {
      if (!stat) continue;
      tally.chunks += 1;
      tally.bytes += stat.size;
    }
  }
}

/** Counts all chunks below `folder`, a group at a time: memory is that of one group's names. */
export async function tallyChunks(disk: Disk, folder: string): Promise<Tally> {
  const tally: Tally = { chunks: 0, bytes: 0 };
  const groups = new Set(await disk.list(folder));
  for (let group = 0; group < GROUPS; group++) {
    if (!groups.has(toHex(Uint8Array.of(group)))) continue;
    const digests = await chunksOfGroup(disk, folder, group);
    await addUp(
      disk,
      digests.map((digest) => chunkPath(folder, digest)),
      tally,
    );
  }
  return tally;
}

/** Counts the files directly in `folder`. */
export async function tallyFolder(disk: Disk, folder: string): Promise<Tally> {
  const tally: Tally = { chunks: 0, bytes: 0 };
  const names = await disk.list(folder);
  await addUp(
    disk,
    names.map((name) => join(folder, name)),
    tally,
  );
  return tally;
}
