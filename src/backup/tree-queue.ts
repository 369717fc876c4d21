/** Carries entries from the walk to the tree writer in order, a bounded number at a time, while their content is being sealed. */

import type { BlobRef } from '../format/blob-ref.ts';
import {
  type FileNode,
  MAX_DIRECT_REFS,
  type NodeMetadata,
  type TreeNodeDraft,
} from '../format/tree-page.ts';
import { assert } from '../model/errors.ts';
import { MiB } from '../model/units.ts';
import type { BytePath } from './byte-path.ts';
import type { SmallFileRead, SmallSlot } from './content-writer.ts';
import type { QuickStat } from './file-source.ts';
import type { FolderDraft } from './folder-marks.ts';
import { type ContentPart, placeOf } from './pending-chunk.ts';
import type { TreeWriter } from './tree-writer.ts';

/** A file whose content is known, or on its way. */
export type FileDraft = Omit<FileNode, 'content'> & { readonly parts: readonly ContentPart[] };

/** A small file, in a batch that is being read. `finish` makes the entry of what was read: none, when that failed. */
export interface SmallEvent {
  readonly kind: 'small';
  readonly slot: SmallSlot;
  readonly found: FoundFile;
  readonly finish: (
    found: FoundFile,
    read: SmallFileRead,
  ) => FileDraft | undefined | Promise<FileDraft | undefined>;
}

/** A file on its way through the walk. */
export interface FoundFile {
  readonly path: BytePath;
  readonly name: BytePath;
  readonly seen: QuickStat;
  /** What the earlier snapshot has under its name. */
  readonly before: FileNode | undefined;
}

export type TreeEvent =
  | { readonly kind: 'enter' }
  | { readonly kind: 'leave'; readonly node: NodeMetadata; readonly mark: FolderDraft | undefined }
  /** One that is taken over whole. */
  | { readonly kind: 'folder'; readonly node: NodeMetadata; readonly pages: readonly BlobRef[] }
  | SmallEvent
  /** `undefined`: there is none after all. `bytes`: about its size. */
  | { readonly kind: 'later'; readonly file: Promise<FileDraft | undefined>; readonly bytes: number }
  | { readonly kind: 'node'; readonly node: TreeNodeDraft };

export interface TreeQueueOptions {
  readonly writer: TreeWriter;
  /** Called when the queue is full: sends what the waiting entries may be waiting for. */
  readonly onFull: () => Promise<void>;
  readonly maxLoad?: number;
  /** Where the pages of a folder lie, or will lie. */
  readonly onMark?: (mark: FolderDraft, places: readonly ContentPart[]) => void;
}

/** Entries that wait. A large file weighs more than one: what is known of its pieces costs memory, too (T4). */
const MAX_LOAD = 4096;
const BYTES_PER_LOAD: number = 8 * MiB;

export class TreeQueue {
  readonly #options: TreeQueueOptions;
  readonly #maxLoad: number;
  readonly #done: Promise<void>;
  #events: TreeEvent[] = [];
  #at = 0;
  /** Of what waits, and of what was taken and is still in #events. */
  #load = 0;
  #taken = 0;
  #ended = false;
  #failure: { readonly error: unknown } | undefined;
  #wakeReader: () => void = () => undefined;
  #wakeWriter: () => void = () => undefined;

  constructor(options: TreeQueueOptions) {
    this.#options = options;
    this.#maxLoad = options.maxLoad ?? MAX_LOAD;
    this.#done = this.#run();
  }

  /** A promise while the queue is full. Throws, or rejects, when an entry before could not be written. */
  push(event: TreeEvent): Promise<void> | undefined {
    this.#check();
    this.#events.push(event);
    this.#load += loadOf(event);
    this.#wakeReader();
    return this.#load < this.#maxLoad ? undefined : this.#wait();
  }

  async #wait(): Promise<void> {
    await this.#options.onFull();
    while (this.#load >= this.#maxLoad / 2 && !this.#failure) {
      await new Promise<void>((resolve) => {
        this.#wakeWriter = resolve;
      });
    }
    this.#check();
  }

  /** Resolves to the pages of the outermost folder when everything is written. */
  async finish(): Promise<BlobRef[]> {
    await this.stop();
    this.#check();
    return await this.#options.writer.finish();
  }

  /** Waits until what was pushed is written, or has failed; never rejects. */
  async stop(): Promise<void> {
    this.#ended = true;
    this.#wakeReader();
    await this.#done;
  }

  async #run(): Promise<void> {
    try {
      for (;;) {
        const event = this.#take();
        if (event) await this.#write(event);
        else if (this.#ended) return;
        else await this.#nextEvent();
      }
    } catch (error) {
      this.#failure = { error };
      this.#events = [];
      this.#at = 0;
      this.#load = 0;
    } finally {
      this.#wakeWriter();
    }
  }

  #take(): TreeEvent | undefined {
    const event = this.#events[this.#at];
    if (!event) return undefined;
    this.#at++;
    const load = loadOf(event);
    this.#load -= load;
    this.#taken += load;
    if (this.#taken >= 1024 || this.#at === this.#events.length) {
      this.#events = this.#events.slice(this.#at);
      this.#at = 0;
      this.#taken = 0;
    }
    if (this.#load < this.#maxLoad / 2) this.#wakeWriter();
    return event;
  }

  async #write(event: TreeEvent): Promise<void> {
    const { writer } = this.#options;
    if (event.kind === 'enter') return writer.enter();
    if (event.kind === 'folder') return await writer.folder(event.node, event.pages);
    if (event.kind === 'leave') return await this.#leave(event.node, event.mark);
    if (event.kind === 'node') return await writer.add(event.node);
    const draft = event.kind === 'small' ? await finished(event) : await event.file;
    if (!draft) return;
    const { parts, ...file } = draft;
    assert(parts.length <= MAX_DIRECT_REFS, 'a file of more references than a tree entry holds');
    const content: BlobRef[] = [];
    for (const part of parts) {
      const place = placeOf(part);
      content.push(place instanceof Promise ? await place : place);
    }
    await writer.add({ ...file, content });
  }

  async #leave(node: NodeMetadata, mark: FolderDraft | undefined): Promise<void> {
    const places = await this.#options.writer.leave(node);
    if (mark) this.#options.onMark?.(mark, places);
  }

  #nextEvent(): Promise<void> {
    return new Promise((resolve) => {
      this.#wakeReader = resolve;
    });
  }

  #check(): void {
    if (this.#failure) throw this.#failure.error;
  }
}

/** The entry of a small file, as soon as its batch is settled. */
function finished({ slot, found, finish }: SmallEvent): ReturnType<SmallEvent['finish']> {
  const { batch, index } = slot;
  if (!batch.reads) return batch.settled.then((reads) => finish(found, reads[index] as SmallFileRead));
  return finish(found, batch.reads[index] as SmallFileRead);
}

function loadOf(event: TreeEvent): number {
  return event.kind === 'later' ? 1 + Math.floor(event.bytes / BYTES_PER_LOAD) : 1;
}
