/**
 * The files of one vault's chunks, in their places, in the trash and in quarantine: every change to them, with tallies and
 * books that stay right also when a change fails halfway. One change of one chunk at a time: callers hold its lock.
 */
import { join } from 'node:path';
import { MAX_SEALED_BYTES } from '../format/kinds.ts';
import { isVaultError } from '../model/errors.ts';
import { cidText, type Digest, groupOf, keyOf } from '../model/ids.ts';
import { MiB } from '../model/units.ts';
import type { Disk } from '../runtime/disk.ts';
import type { FileBooks } from './books-types.ts';
import { matchesDigest } from './check-sealed.ts';
import {
  chunkPath,
  groupFolder,
  groupsOn,
  type Shelf,
  scanGroup,
  type Tally,
  tallyFolder,
} from './chunk-files.ts';
import type { ChunkUsage } from './held-chunks.ts';

export const QUARANTINE_BYTES: number = 64 * MiB;

export interface ShelvesOptions {
  readonly disk: Disk;
  readonly folder: string;
  /** Told of every file that comes, goes or moves. */
  readonly books?: FileBooks;
  /** The wall clock that `books` date files with. Default: always 0. */
  readonly now?: () => number;
}

/** Sizes of the files that one chunk has. */
interface Files {
  readonly kept: number | undefined;
  readonly trash: number | undefined;
}

export type Reading = Uint8Array | 'absent' | 'damaged';

export class ChunkShelves {
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #books: FileBooks | undefined;
  readonly #now: () => number;
  /** Groups in whose folder this process has made something durable: all earlier names there are durable then. */
  readonly #settled = new Set<number>();
  /** Chunks whose write failed and could not be undone: present perhaps, durable perhaps; never acknowledged. */
  readonly #doubtful = new Set<string>();
  readonly #tallies: Record<Shelf | 'quarantine', Tally> = {
    kept: { chunks: 0, bytes: 0 },
    trash: { chunks: 0, bytes: 0 },
    quarantine: { chunks: 0, bytes: 0 },
  };

  constructor({ disk, folder, books, now = () => 0 }: ShelvesOptions) {
    this.#disk = disk;
    this.#folder = folder;
    this.#books = books;
    this.#now = now;
  }

  /** Sweeps what cut-off writes left, and counts and notes what is there. Call once, before anything else. */
  async load(): Promise<void> {
    await this.#disk.sweep(this.#folder);
    for (const shelf of ['kept', 'trash'] as const) {
      for (const group of await groupsOn(this.#disk, this.#folder, shelf))
        await this.#loadGroup(group, shelf);
    }
    this.#tallies.quarantine = await tallyFolder(this.#disk, join(this.#folder, 'quarantine'));
  }

  usage(): ChunkUsage {
    const { kept, trash, quarantine } = this.#tallies;
    return {
      chunks: kept.chunks,
      bytes: kept.bytes,
      trashChunks: trash.chunks,
      trashBytes: trash.bytes,
      quarantinedChunks: quarantine.chunks,
      quarantinedBytes: quarantine.bytes,
    };
  }

  async look(digest: Digest): Promise<Files> {
    const kept = await this.sizeOf(digest, 'kept');
    return { kept, trash: await this.sizeOf(digest, 'trash') };
  }

  /** For a chunk that comes, usually a new one: nothing is looked for in a trash that has been empty. */
  async lookForNew(digest: Digest): Promise<Files> {
    if (this.#tallies.trash.chunks > 0) return this.look(digest);
    return { kept: await this.sizeOf(digest, 'kept'), trash: undefined };
  }

  async sizeOf(digest: Digest, shelf: Shelf): Promise<number | undefined> {
    return (await this.#disk.stat(chunkPath(this.#folder, digest, shelf)))?.size;
  }

  /** May what lies in its place be acknowledged, once its group is settled? */
  isCertain(digest: Digest): boolean {
    return !this.#doubtful.has(keyOf(digest));
  }

  async read(digest: Digest, shelf: Shelf): Promise<Reading> {
    try {
      const bytes = await this.#disk.read(chunkPath(this.#folder, digest, shelf), MAX_SEALED_BYTES);
      if (!bytes) return 'absent';
      return matchesDigest(digest, bytes) ? bytes : 'damaged';
    } catch (error) {
      if (isVaultError(error, 'corrupt')) return 'damaged';
      throw error;
    }
  }

  /**
   * A process killed between a rename and the fsync of its folder leaves a chunk that is here, but could still vanish
   * with the power. Before saying "here" for what an earlier process wrote, make its folder durable, once per group.
   */
  async settle(digest: Digest): Promise<void> {
    const group = groupOf(digest);
    if (this.#settled.has(group)) return;
    await this.#disk.write(join(groupFolder(this.#folder, group), 'settled'), []);
    this.#settled.add(group);
  }

  /** Puts `bytes` into the chunk's place, whatever is there or in the trash: `before`, as a look just now has shown. */
  async write(digest: Digest, bytes: Uint8Array, before: Files): Promise<void> {
    await this.#change(digest, before, { kept: bytes.length, trash: undefined }, 'now', async () => {
      await this.#disk.write(chunkPath(this.#folder, digest), [bytes]);
      if (before.trash !== undefined) await this.#disk.remove(chunkPath(this.#folder, digest, 'trash'));
    });
    this.#settled.add(groupOf(digest));
  }

  /** From its place into the trash, with the time of now. False when it is not there, or `when` says no. */
  async discard(digest: Digest, when: () => boolean): Promise<boolean> {
    const [from, to] = this.#paths(digest);
    const before = await this.look(digest);
    if (before.kept === undefined) return false;
    await this.#disk.touch(from, { durable: true });
    if (!when()) return false;
    await this.#change(digest, before, { kept: undefined, trash: before.kept }, 'now', () =>
      this.#disk.move(from, to),
    );
    return true;
  }

  /** From the trash into its place; `renewed` gives it the time of now. False when it is not there. */
  async restore(digest: Digest, renewed: boolean): Promise<boolean> {
    const [to, from] = this.#paths(digest);
    const before = await this.look(digest);
    if (before.trash === undefined) return false;
    if (renewed) await this.#disk.touch(from);
    const dated = renewed ? 'now' : 'as before';
    await this.#change(digest, before, { kept: before.trash, trash: undefined }, dated, () =>
      this.#disk.move(from, to),
    );
    this.#settled.add(groupOf(digest));
    return true;
  }

  /** For good. False when it is not there, or `when` says no. */
  async remove(digest: Digest, shelf: Shelf, when: () => boolean): Promise<boolean> {
    const before = await this.look(digest);
    if (before[shelf] === undefined || !when()) return false;
    await this.#change(digest, before, { ...before, [shelf]: undefined }, 'as before', () =>
      this.#disk.remove(chunkPath(this.#folder, digest, shelf)),
    );
    return true;
  }

  /** Puts a damaged file away as evidence, or removes it when there is enough of that. */
  async quarantine(digest: Digest, shelf: Shelf): Promise<void> {
    const before = await this.look(digest);
    const size = before[shelf];
    if (size === undefined) return;
    const path = chunkPath(this.#folder, digest, shelf);
    const evidence = join(this.#folder, 'quarantine', cidText(digest));
    const fits = this.#tallies.quarantine.bytes + size <= QUARANTINE_BYTES;
    const keeps = fits && !(await this.#disk.stat(evidence));
    await this.#change(digest, before, { ...before, [shelf]: undefined }, 'as before', () =>
      keeps ? this.#disk.move(path, evidence) : this.#disk.remove(path),
    );
    if (keeps) this.#count('quarantine', size, 1);
  }

  /** Gives a chunk in its place the time of now, so that it does not expire (L2). */
  async renew(digest: Digest, size: number): Promise<void> {
    const touched = await this.#disk.touch(chunkPath(this.#folder, digest));
    if (touched) this.#books?.note(digest, 'kept', size, this.#now());
  }

  /** The books say that it is in its place, and it is not: somebody else removed it. False when the books say nothing like that. */
  async noticeLoss(digest: Digest): Promise<boolean> {
    const facts = this.#books?.of(digest);
    if (facts?.keeping !== 'kept') return false;
    const found = await this.look(digest);
    if (found.kept !== undefined) return false;
    this.#account(digest, { ...found, kept: facts.size }, found, facts.sinceMs);
    return true;
  }

  #paths(digest: Digest): [string, string] {
    return [chunkPath(this.#folder, digest), chunkPath(this.#folder, digest, 'trash')];
  }

  async #loadGroup(group: number, shelf: Shelf): Promise<void> {
    for await (const { digest, size, modifiedMs } of scanGroup(this.#disk, this.#folder, group, shelf)) {
      if (shelf === 'trash' && (await this.#disk.stat(chunkPath(this.#folder, digest)))) {
        await this.#disk.remove(chunkPath(this.#folder, digest, 'trash')); // it is in its place as well
        continue;
      }
      this.#count(shelf, size, 1);
      this.#books?.note(digest, shelf, size, modifiedMs);
    }
  }

  /** Runs `work`, which takes the chunk's files from `before` to `after`. */
  async #change(
    digest: Digest,
    before: Files,
    after: Files,
    dated: 'now' | 'as before',
    work: () => Promise<void>,
  ): Promise<void> {
    let left = after;
    let sinceMs = this.#books?.of(digest)?.sinceMs ?? this.#now();
    try {
      await work();
      if (dated === 'now') sinceMs = this.#now();
      this.#doubtful.delete(keyOf(digest));
    } catch (error) {
      left = before; // what the books keep saying should even this look fail
      left = await this.look(digest);
      if (left.kept === undefined) this.#doubtful.delete(keyOf(digest));
      else if (after.kept !== undefined) this.#doubtful.add(keyOf(digest));
      throw error;
    } finally {
      this.#account(digest, before, left, sinceMs);
    }
  }

  #account(digest: Digest, before: Files, left: Files, sinceMs: number): void {
    for (const shelf of ['kept', 'trash'] as const) {
      this.#count(shelf, before[shelf], -1);
      this.#count(shelf, left[shelf], 1);
    }
    // What may not be acknowledged is missing: then it is fetched and written again.
    if (left.kept !== undefined && this.isCertain(digest))
      this.#books?.note(digest, 'kept', left.kept, sinceMs);
    else if (left.trash !== undefined) this.#books?.note(digest, 'trash', left.trash, sinceMs);
    else this.#books?.note(digest, 'absent', 0, 0);
  }

  #count(where: Shelf | 'quarantine', size: number | undefined, sign: 1 | -1): void {
    if (size === undefined) return;
    this.#tallies[where].chunks += sign;
    this.#tallies[where].bytes += sign * size;
  }
}
