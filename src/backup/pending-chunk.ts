/** A chunk that is on its way: its content can be referred to before its digest is known. */
import type { BlobRef } from '../format/blob-ref.ts';
import type { Digest } from '../model/ids.ts';

export class PendingChunk {
  /** Set as soon as the chunk is sealed. */
  digest: Digest | undefined;
  /** Resolves when the chunk is sealed (not yet sent); rejects when the run failed before. */
  readonly sealed: Promise<Digest>;
  readonly #settle: PromiseWithResolvers<Digest>;

  constructor() {
    this.#settle = Promise.withResolvers<Digest>();
    this.sealed = this.#settle.promise;
    this.sealed.catch(() => undefined); // whoever needs the digest sees the failure; nobody else has to
  }

  resolve(digest: Digest): void {
    this.digest = digest;
    this.#settle.resolve(digest);
  }

  reject(error: unknown): void {
    this.#settle.reject(error);
  }
}

/** Bytes inside a chunk that is on its way. */
export interface PendingPart {
  readonly pending: PendingChunk;
  readonly offset: number;
  readonly length: number;
}

/** A piece of content: where it lies, or where it will lie. */
export type ContentPart = BlobRef | PendingPart;

/** The final place; waits for the seal when there is none yet. */
export function placeOf(part: ContentPart): BlobRef | Promise<BlobRef> {
  if (!('pending' in part)) return part;
  const { pending, offset, length } = part;
  if (pending.digest) return { chunk: pending.digest, offset, length };
  return pending.sealed.then((chunk) => ({ chunk, offset, length }));
}
