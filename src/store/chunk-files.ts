/** Where a chunk's file lies, which file names are chunks, and what all of them add up to. */
import { join } from 'node:path';
import { compareBytes, toHex } from '../model/bytes.ts';
import { cidText, DIGEST_BYTES, type Digest, digestOfCid, GROUPS, groupOf } from '../model/ids.ts';
import type { Disk } from '../runtime/disk.ts';

/** Files looked at together while counting; bounds memory and open requests, not the number of chunks. */
const STATS_AT_ONCE = 64;

/** Where a chunk's file may be: in its place, or in the trash (L4). */
export type Shelf = 'kept' | 'trash';

export interface Tally {
  chunks: number;
  bytes: number;
}

export interface FoundChunk {
  readonly digest: Digest;
  readonly size: number;
  readonly modifiedMs: number;
}

function groupName(group: number): string {
  return toHex(Uint8Array.of(group));
}

export function groupFolder(folder: string, group: number, shelf: Shelf = 'kept'): string {
  return join(shelf === 'trash' ? join(folder, 'trash') : folder, groupName(group));
}

export function chunkPath(folder: string, digest: Digest, shelf: Shelf = 'kept'): string {
  return join(groupFolder(folder, groupOf(digest), shelf), cidText(digest));
}

/** Chunk names as `cidText` writes them: 36 bytes in base32, so the last letter carries three bits. */
const CHUNK_NAME = /^b[a-z2-7]{57}[aeimquy4]$/;

/** What all names of a group's chunks begin with: the CID's head and the first byte of the digest are 8 letters exactly. */
function prefixOf(group: number): string {
  return cidText(new Uint8Array(DIGEST_BYTES).fill(group)).slice(0, 9);
}

/** Names of the chunks in one group's folder. A file of another name, or of another group, is none. */
async function namesOfGroup(disk: Disk, folder: string, group: number, shelf: Shelf): Promise<string[]> {
  const prefix = prefixOf(group);
  const names = await disk.list(groupFolder(folder, group, shelf));
  return names.filter((name) => name.startsWith(prefix) && CHUNK_NAME.test(name));
}

/** Chunks of one group, by the names of their files, sorted. */
export async function chunksOfGroup(disk: Disk, folder: string, group: number): Promise<Digest[]> {
  return (await namesOfGroup(disk, folder, group, 'kept')).map(digestOfCid).sort(compareBytes);
}

/** Size and time of one group's chunks, some at a time: memory is that of one group's names. */
export async function* scanGroup(
  disk: Disk,
  folder: string,
  group: number,
  shelf: Shelf,
): AsyncGenerator<FoundChunk> {
  const home = groupFolder(folder, group, shelf);
  const names = await namesOfGroup(disk, folder, group, shelf);
  for (let at = 0; at < names.length; at += STATS_AT_ONCE) {
    const some = names.slice(at, at + STATS_AT_ONCE);
    const stats = await Promise.all(some.map((name) => disk.stat(join(home, name))));
    for (const [i, name] of some.entries()) {
      const stat = stats[i];
      if (stat) yield { digest: digestOfCid(name), size: stat.size, modifiedMs: stat.modifiedMs };
    }
  }
}

/** The groups of which there is a folder. */
export async function groupsOn(disk: Disk, folder: string, shelf: Shelf): Promise<number[]> {
  const names = new Set(await disk.list(shelf === 'trash' ? join(folder, 'trash') : folder));
  return Array.from({ length: GROUPS }, (_, group) => group).filter((group) => names.has(groupName(group)));
}

/** Counts the files directly in `folder`. */
export async function tallyFolder(disk: Disk, folder: string): Promise<Tally> {
  const tally: Tally = { chunks: 0, bytes: 0 };
  const names = await disk.list(folder);
  for (let at = 0; at < names.length; at += STATS_AT_ONCE) {
    const some = names.slice(at, at + STATS_AT_ONCE);
    for (const stat of await Promise.all(some.map((name) => disk.stat(join(folder, name))))) {
      if (!stat) continue;
      tally.chunks += 1;
      tally.bytes += stat.size;
    }
  }
  return tally;
}
