/** Sends frames one after the other in slices, without copying payloads, at the pace the stream allows (T1, T4). */
import { VaultError } from '../model/errors.ts';
import type { ByteStream } from '../network/network.ts';

/** Small enough that progress is seen when ten streams share a slow or limited link, large enough that slices cost nothing. */
const SLICE_BYTES = 64 * 1024;

interface Waiting {
  readonly head: Uint8Array;
  readonly payload: Uint8Array;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (hasLeft: () => boolean) => void;
  readonly reject: (reason: unknown) => void;
}

type WriterStream = Pick<ByteStream, 'send' | 'sliceBytes' | 'queuedBytes'>;

export class FrameWriter {
  readonly #stream: WriterStream;
  readonly #onProgress: () => void;
  readonly #queue: Waiting[] = [];
  #pumping = false;
  /** Bytes that the stream has accepted so far. */
  #accepted = 0;
  #failure: { readonly reason: unknown } | undefined;

  constructor(stream: WriterStream, onProgress: () => void) {
    this.#stream = stream;
    this.#onProgress = onProgress;
  }

  get busy(): boolean {
    return this.#pumping;
  }

  /**
   * Resolves when the stream accepted the whole frame. A frame whose signal is aborted before its first byte was sent is dropped and
   * rejects with the signal's reason; one that has begun is finished. Payload bytes must not change until the answer says that the frame
   * has left: then nothing here refers to them any more. Where a stream cannot tell, it never says so.
   */
  send(head: Uint8Array, payload: Uint8Array, signal?: AbortSignal): Promise<() => boolean> {
    if (this.#failure) return Promise.reject(this.#failure.reason);
    return new Promise((resolve, reject) => {
      this.#queue.push({ head, payload, signal, resolve, reject });
      if (!this.#pumping) void this.#pump();
    });
  }

  /** Rejects what waits and whatever comes later. */
  fail(reason: unknown): void {
    this.#failure ??= { reason };
    for (const waiting of this.#queue.splice(0)) waiting.reject(reason);
  }

  async #pump(): Promise<void> {
    this.#pumping = true;
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
      if (next.signal?.aborted) {
        next.reject(next.signal.reason);
        continue;
      }
      try {
        await this.#sendSlices(next.head, next.payload);
        next.resolve(this.#leaving());
      } catch (error) {
        next.reject(error);
        this.fail(error);
      }
    }
    this.#pumping = false;
  }

  /** Bytes leave in the order in which they were accepted. */
  #leaving(): () => boolean {
    const end = this.#accepted;
    return () => this.#accepted - (this.#stream.queuedBytes ?? Number.POSITIVE_INFINITY) >= end;
  }

  async #sendSlices(head: Uint8Array, payload: Uint8Array): Promise<void> {
    let at = 0;
    do {
      // Other frames' failure or the end of the stream must not wait for the rest of a large payload.
      if (this.#failure) throw new VaultError('closed', 'the stream ended while a frame was being sent');
      const slice = payload.subarray(at, at + Math.min(SLICE_BYTES, this.#stream.sliceBytes ?? SLICE_BYTES));
      await this.#stream.send(at > 0 ? [slice] : slice.length > 0 ? [head, slice] : [head]);
      this.#accepted += at > 0 ? slice.length : head.length + slice.length;
      this.#onProgress();
      at += Math.max(1, slice.length);
    } while (at < payload.length);
  }
}
