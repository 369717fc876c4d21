/** Frames: how requests and responses lie in a byte stream; every bound is checked before a byte is allocated (T1). */
import { VaultError } from '../model/errors.ts';

/** Frame kinds on the wire (wire.md, section 2). */
export const FRAME_REQUEST = 0;
export const FRAME_RESPONSE = 1;
export const FRAME_ERROR = 2;
/** "Still receiving": sent by a holder during long uploads so that a slow link is not taken for a dead one. */
export const FRAME_ALIVE = 3;

/** length u32 | kind u8 | method u8 | id u32 | metaLength u32. */
const HEAD_BYTES = 14;
/** What `length` counts before meta and payload: kind, method, id, metaLength. */
const COUNTED_HEAD_BYTES = HEAD_BYTES - 4;

export interface FrameHead {
  readonly kind: number;
  readonly method: number;
  readonly id: number;
  readonly metaBytes: number;
  readonly payloadBytes: number;
}

export interface Frame extends FrameHead {
  readonly meta: Uint8Array;
  /** Owned by the receiver of the frame, memory and all. */
  readonly payload: Uint8Array;
}

/** `skip` lets the body pass without keeping it. */
export type Admission = 'keep' | 'skip';

/** Head and meta of a frame in one buffer; the payload is sent behind it as it is. */
export function encodeFrameHead(
  head: Pick<FrameHead, 'kind' | 'method' | 'id'>,
  meta: Uint8Array,
  payloadBytes: number,
): Uint8Array {
  const out = new Uint8Array(HEAD_BYTES + meta.length);
  const view = new DataView(out.buffer);
  view.setUint32(0, COUNTED_HEAD_BYTES + meta.length + payloadBytes);
  view.setUint8(4, head.kind);
  view.setUint8(5, head.method);
  view.setUint32(6, head.id);
  view.setUint32(10, meta.length);
  out.set(meta, HEAD_BYTES);
  return out;
}

/** Throws 'bad-frame' when the lengths contradict each other. */
function decodeFrameHead(bytes: Uint8Array): FrameHead {
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEAD_BYTES);
  const length = view.getUint32(0);
  const metaBytes = view.getUint32(10);
  if (length < COUNTED_HEAD_BYTES + metaBytes) {
    throw new VaultError('bad-frame', `a frame of ${length} bytes claims ${metaBytes} bytes of meta data`);
  }
  return {
    kind: view.getUint8(4),
    method: view.getUint8(5),
    id: view.getUint32(6),
    metaBytes,
    payloadBytes: length - COUNTED_HEAD_BYTES - metaBytes,
  };
}

export interface FrameReceiver {
  /** Judges a frame by its head alone, before its body is allocated; throws 'bad-frame' or 'denied'. */
  admit(head: FrameHead): Admission | Promise<Admission>;
  /** Takes a complete frame; while the promise is pending nothing more is decoded. */
  deliver(frame: Frame): Promise<void> | undefined;
}

interface Cursor {
  readonly bytes: Uint8Array;
  at: number;
}

/** Cuts a byte stream, in pieces of any size, into frames. After the first throw it must not be used again. */
export class FrameDecoder {
  readonly #receiver: FrameReceiver;
  readonly #headBytes = new Uint8Array(HEAD_BYTES);
  #headFill = 0;
  #head: FrameHead | undefined;
  /** `undefined` while a body is skipped. */
  #body: { readonly meta: Uint8Array; readonly payload: Uint8Array } | undefined;
  #bodyFill = 0;

  constructor(receiver: FrameReceiver) {
    this.#receiver = receiver;
  }

  /** True when the bytes so far end inside a frame. */
  get midFrame(): boolean {
    return this.#headFill > 0;
  }

  /** Copies what it keeps, but reads `bytes` until the promise settles; `undefined` means done at once. */
  push(bytes: Uint8Array): Promise<void> | undefined {
    const cursor: Cursor = { bytes, at: 0 };
    for (;;) {
      const step = this.#step(cursor);
      if (step === 'starved') return undefined;
      if (step) return this.#finish(step, cursor);
    }
  }

  async #finish(pending: Promise<void>, cursor: Cursor): Promise<void> {
    await pending;
    for (;;) {
      const step = this.#step(cursor);
      if (step === 'starved') return;
      if (step) await step;
    }
  }

  /** One move of the state machine: 'starved' when it needs more bytes, a promise when it has to wait for the receiver. */
  #step(cursor: Cursor): Promise<void> | 'starved' | undefined {
    if (!this.#head) return this.#stepHead(cursor);
    return this.#stepBody(cursor, this.#head);
  }

  #stepHead(cursor: Cursor): Promise<void> | 'starved' | undefined {
    const part = cursor.bytes.subarray(cursor.at, cursor.at + HEAD_BYTES - this.#headFill);
    this.#headBytes.set(part, this.#headFill);
    this.#headFill += part.length;
    cursor.at += part.length;
    if (this.#headFill < HEAD_BYTES) return 'starved';
    const head = decodeFrameHead(this.#headBytes);
    const admission = this.#receiver.admit(head);
    if (!(admission instanceof Promise)) return this.#begin(head, admission);
    return admission.then((late) => this.#begin(head, late));
  }

  #begin(head: FrameHead, admission: Admission): undefined {
    this.#head = head;
    this.#bodyFill = 0;
    const keep = admission === 'keep';
    this.#body = keep ? { meta: allocate(head.metaBytes), payload: allocate(head.payloadBytes) } : undefined;
  }

  #stepBody(cursor: Cursor, head: FrameHead): Promise<void> | 'starved' | undefined {
    const { metaBytes } = head;
    if (this.#bodyFill < metaBytes) this.#fill(cursor, this.#body?.meta, 0, metaBytes);
    if (this.#bodyFill >= metaBytes) this.#fill(cursor, this.#body?.payload, metaBytes, head.payloadBytes);
    if (this.#bodyFill < metaBytes + head.payloadBytes) return 'starved';
    const body = this.#body;
    this.#head = undefined;
    this.#body = undefined;
    this.#headFill = 0;
    return body && this.#receiver.deliver({ ...head, ...body });
  }

  /** Moves on in the part of the body that begins at `from` and is `bytes` long; `into` is absent when it is skipped. */
  #fill(cursor: Cursor, into: Uint8Array | undefined, from: number, bytes: number): void {
    const filled = this.#bodyFill - from;
    const part = cursor.bytes.subarray(cursor.at, cursor.at + bytes - filled);
    into?.set(part, filled);
    this.#bodyFill += part.length;
    cursor.at += part.length;
  }
}

/** Not zeroed, not pooled: the decoder fills every byte before anyone sees it, and a kept chunk pins nothing else. */
function allocate(length: number): Uint8Array {
  return new Uint8Array(Buffer.allocUnsafeSlow(length).buffer, 0, length);
}
