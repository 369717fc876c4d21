/** Rehearses a backup: the same walk, the same recognition of what the vault has, everything new sealed, and nothing sent or written anywhere. */
import type { BlobRef } from '../format/blob-ref.ts';
import type { IndexedChunk } from '../format/index-chunk.ts';
import type { ChunkKind } from '../format/kinds.ts';
import { type ContentId, type Digest, keyOf } from '../model/ids.ts';
import type { ChunkReader } from '../store/chunk-store.ts';
import type { VaultState } from '../vault/vault-state.ts';
import type { DryRunOptions, DryRunResult } from './backup-options.ts';
import { shownPath } from './byte-path.ts';
import { ContentWriter, type FindContent, fullBundleBytes } from './content-writer.ts';
import type { Crew } from './crew.ts';
import { startTicker } from './progress-ticker.ts';
import { SourceWalk, type WalkSinks } from './source-walk.ts';
import { summaryOf } from './summary.ts';
import { TreeQueue } from './tree-queue.ts';
import { TreeWriter } from './tree-writer.ts';
import { type UploadBooks, Uploader } from './upload.ts';

/** Needs no peer. Throws 'source-unreadable' when no path can be read, or the signal's reason. */
export async function dryRunBackup(options: DryRunOptions): Promise<DryRunResult> {
  return await new DryRun(options).run();
}

/** Takes chunks that go nowhere. */
const NOWHERE = { put: async () => ({ holders: [] }) };

class DryRun {
  readonly #options: DryRunOptions;
  readonly #startedMs: number;
  readonly #walk: SourceWalk;
  readonly #uploader: Uploader;
  readonly #content: ContentWriter;
  readonly #tree: TreeQueue;
  readonly #crew: Crew;

  constructor(options: DryRunOptions) {
    const { state, keys, source, clock, bundleBytes, compression, signal } = options;
    const reader: ChunkReader | undefined = options.reader;
    this.#options = options;
    this.#startedMs = clock.monotonicMs();
    this.#walk = new SourceWalk(options, reader);
    const books = new RehearsedBooks(state);
    this.#uploader = new Uploader({
      store: NOWHERE,
      state: { chunks: books },
      clock,
      ...(signal ? { signal } : {}),
    });
    const crew = options.crew(source, keys, { bundleBytes: fullBundleBytes(bundleBytes), compression });
    this.#crew = crew;
    const find: FindContent = (kind, id) => books.find(kind, id);
    this.#content = new ContentWriter({ crew, sink: this.#uploader, find, bundleBytes });
    const writer = new TreeWriter({ keys, crew, sink: this.#uploader, find });
    this.#tree = new TreeQueue({ writer, onFull: () => this.#content.flush() });
  }

  async run(): Promise<DryRunResult> {
    const { clock, onProgress } = this.#options;
    const stopTicker = startTicker(clock, onProgress && (() => this.#report()));
    try {
      const root = await this.#send();
      const durationMs = clock.monotonicMs() - this.#startedMs;
      return summaryOf(this.#walk, { root, stats: this.#uploader.stats, durationMs });
    } catch (error) {
      this.#content.abandon(error);
      await this.#uploader.abandon(error);
      await this.#tree.stop();
      throw error;
    } finally {
      stopTicker();
      await this.#crew.close();
    }
  }

  async #send(): Promise<BlobRef[]> {
    const { state } = this.#options;
    const sinks: WalkSinks = {
      crew: this.#crew,
      content: this.#content,
      emit: (event) => this.#tree.push(event),
      reuseChunk: (digest) => state.chunks.isKnown(digest),
      onEntry: () => undefined,
    };
    await this.#tree.push({ kind: 'enter' });
    await this.#walk.run(sinks);
    await this.#content.flush();
    const root = await this.#tree.finish();
    await this.#uploader.drain();
    return root;
  }

  #report(): void {
    const { tally, currentPath } = this.#walk;
    this.#options.onProgress?.({
      filesDone: tally.files,
      bytesDone: tally.bytesDone,
      totalFiles: undefined,
      totalBytes: undefined,
      currentPath: shownPath(currentPath),
      chunksSent: 0,
      bytesSent: 0,
      chunksPerHolder: new Map(),
    });
  }
}

/** What the vault has, and what the run would have sent so far: remembered to its end, and nowhere else. */
class RehearsedBooks implements UploadBooks {
  readonly #state: VaultState;
  readonly #digests = new Set<string>();
  readonly #blobs = new Map<string, BlobRef>();

  constructor(state: VaultState) {
    this.#state = state;
  }

  find(kind: ChunkKind, id: ContentId): BlobRef | undefined {
    return this.#blobs.get(blobKey(kind, id)) ?? this.#state.chunks.lookup(kind, id);
  }

  reuseChunk(digest: Digest): boolean {
    return this.#digests.has(keyOf(digest)) || this.#state.chunks.isKnown(digest);
  }

  addIndexed(): void {
    // what the vault has is in its books
  }

  addPending({ digest, kind, blobs }: IndexedChunk): void {
    this.#digests.add(keyOf(digest));
    let offset = 0;
    for (const { id, length } of blobs) {
      this.#blobs.set(blobKey(kind, id), { chunk: digest, offset, length });
      offset += length;
    }
  }

  settle(): void {
    // nothing is written
  }
}

function blobKey(kind: ChunkKind, id: ContentId): string {
  return `${kind} ${keyOf(id)}`;
}
