/** Where a chunk's file lies, which file names are chunks, and what all of them add up to. */
import { join } from 'node:path';
import { toHex } from '../model/bytes.ts';
import { cidText, DIGEST_BYTES, type Digest, digestOfCid, GROUPS, groupOf } from '../model/ids.ts';
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

/** Chunk names as `cidText` writes them: 36 bytes in base32, so the last letter carries three bits. */
const CHUNK_NAME = /^b[a-z2-7]{57}[aeimquy4]$/;

/** What all names of a group's chunks begin with: the CID's head and the first byte of the digest are 8 letters exactly. */
function prefixOf(group: number): string {
  return cidText(new Uint8Array(DIGEST_BYTES).fill(group)).slice(0, 9);
}

/** Names of the chunks in one group's folder. A file of another name, or of another group, is none. */
async function namesOfGroup(disk: Disk, folder: string, group: number): Promise<string[]> {
  const prefix = prefixOf(group);
  const names = await disk.list(groupFolder(folder, group));
  return names.filter((name) => name.startsWith(prefix) && CHUNK_NAME.test(name));
}

/** Chunks of one group, by the names of their files. */
export async function chunksOfGroup(disk: Disk, folder: string, group: number): Promise<Digest[]> {
  return (await namesOfGroup(disk, folder, group)).map(digestOfCid);
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
    const names = await namesOfGroup(disk, folder, group);
    const home = groupFolder(folder, group);
    await addUp(
      disk,
      names.map((name) => join(home, name)),
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
