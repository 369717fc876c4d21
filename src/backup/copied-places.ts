/** Remembers where contents of another vault lie in this one, so that a file of several names or snapshots is read once: a bounded number. */
import { hash } from 'node:crypto';
import { type BlobRef, packRefs } from '../format/blob-ref.ts';
import type { FileNode } from '../format/tree-page.ts';
import type { ChunkBooks } from '../vault/chunk-books.ts';
import { pageKey } from './tree-reader.ts';

/** References in all: about 100 bytes each. */
const MAX_REFS = 500_000;

export interface CopiedContent {
  readonly content: readonly BlobRef[];
  /** They are lists of references. */
  readonly indirect: boolean;
}

interface Entry {
  /** In which run it was put there. */
  readonly run: number;
  readonly coming: Promise<CopiedContent>;
  readonly refs: number;
  here: CopiedContent | undefined;
}

export class CopiedPlaces {
  readonly #books: Pick<ChunkBooks, 'reuseChunk'>;
  readonly #entries = new Map<string, Entry>();
  #refs = 0;
  #run = 0;

  constructor(books: Pick<ChunkBooks, 'reuseChunk'>) {
    this.#books = books;
  }

  /** Call with each snapshot: what was copied before it must have been committed. */
  beginRun(): void {
    this.#run++;
  }

  /** The run has failed: what it has put anywhere may be nowhere. */
  forgetRun(): void {
    for (const [key, entry] of this.#entries) if (entry.run === this.#run) this.#remove(key, entry);
  }

  find(node: FileNode): Promise<CopiedContent> | undefined {
    const key = keyOfContent(node);
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    if (entry.run === this.#run) return entry.coming;
    const { here } = entry;
    this.#remove(key, entry);
    if (!here?.content.every(({ chunk }) => this.#books.reuseChunk(chunk))) return undefined;
    this.add(node, entry.coming);
    return entry.coming;
  }

  /** `coming` may reject. */
  add(node: FileNode, coming: Promise<CopiedContent>): void {
    const entry: Entry = { run: this.#run, coming, refs: node.content.length, here: undefined };
    coming.then(
      (here) => (entry.here = here),
      () => undefined, // who needs the content sees the failure
    );
    this.#entries.set(keyOfContent(node), entry);
    this.#refs += entry.refs;
    for (const [key, oldest] of this.#entries) {
      if (this.#refs <= MAX_REFS) return;
      this.#remove(key, oldest);
    }
  }

  #remove(key: string, { refs }: Entry): void {
    this.#entries.delete(key);
    this.#refs -= refs;
  }
}

function keyOfContent({ content, indirect }: FileNode): string {
  const [only] = content;
  if (only && content.length === 1 && !indirect) return pageKey(only);
  return `${indirect}:${hash('sha256', packRefs(content), 'base64')}`;
}
