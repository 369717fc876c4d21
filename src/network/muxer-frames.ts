/** Frames of yamux (its public specification, version 0): 12 bytes of head, and data that is passed on as it comes in. */
import { VaultError } from '../model/errors.ts';

const FRAME_HEAD_BYTES = 12;

export const DATA = 0;
export const WINDOW_UPDATE = 1;
export const PING = 2;
export const GO_AWAY = 3;

export const SYN = 1;
export const ACK = 2;
export const FIN = 4;
export const RST = 8;

/** Reasons of a go-away. */
export const GONE_NORMALLY = 0;
export const GONE_FOR_PROTOCOL_ERROR = 1;
export const GONE_FOR_INTERNAL_ERROR = 2;

export interface MuxHead {
  readonly type: number;
  readonly flags: number;
  /** 0: the connection itself. */
  readonly stream: number;
  /** Bytes of data, of more window, the number of a ping, or the reason of a go-away. */
  readonly length: number;
}

export function encodeMuxHead({ type, flags, stream, length }: MuxHead): Uint8Array {
  const head = new Uint8Array(FRAME_HEAD_BYTES);
  const view = new DataView(head.buffer);
  view.setUint8(1, type);
  view.setUint16(2, flags);
  view.setUint32(4, stream);
  view.setUint32(8, length);
  return head;
}

/** Throws 'bad-frame' for another version, an unknown type, or a stream where none may be. */
function decodeMuxHead(head: Uint8Array): MuxHead {
  const view = new DataView(head.buffer, head.byteOffset, FRAME_HEAD_BYTES);
  const type = view.getUint8(1);
  const stream = view.getUint32(4);
  if (view.getUint8(0) !== 0) throw new VaultError('bad-frame', `a multiplexed frame of version ${head[0]}`);
  if (type > GO_AWAY) throw new VaultError('bad-frame', `a multiplexed frame of type ${type}`);
  if ((type === DATA || type === WINDOW_UPDATE) === (stream === 0)) {
    throw new VaultError('bad-frame', `a multiplexed frame of type ${type} for stream ${stream}`);
  }
  return { type, flags: view.getUint16(2), stream, length: view.getUint32(8) };
}

export interface MuxReceiver {
  /** A head is complete. For one of data, its bytes follow in pieces. May throw. */
  onHead(head: MuxHead): void;
  /** Some of the data of the last head. True when the piece was kept: its memory is not to be touched. */
  onBytes(stream: number, piece: Uint8Array): boolean;
  /** All of the frame has come. May throw. */
  onEnd(head: MuxHead): void;
}

/** Cuts a byte stream in pieces of any size into heads and pieces of data. Holds 12 bytes and no more. */
export class MuxReader {
  readonly #receiver: MuxReceiver;
  readonly #head: Uint8Array = new Uint8Array(FRAME_HEAD_BYTES);
  #headFill = 0;
  /** The frame whose data is coming in. */
  #open: MuxHead | undefined;
  #dataLeft = 0;

  constructor(receiver: MuxReceiver) {
    this.#receiver = receiver;
  }

  /** True when some part of `bytes` was kept. Throws 'bad-frame', and what the receiver throws; then it must not be used again. */
  push(bytes: Uint8Array): boolean {
    let kept = false;
    for (let at = 0; at < bytes.length; ) {
      if (this.#open) {
        const piece = bytes.subarray(at, at + this.#dataLeft);
        at += piece.length;
        if (this.#takeData(this.#open, piece)) kept = true;
      } else at += this.#takeHead(bytes.subarray(at, at + FRAME_HEAD_BYTES - this.#headFill));
    }
    return kept;
  }

  #takeData(head: MuxHead, piece: Uint8Array): boolean {
    this.#dataLeft -= piece.length;
    const kept = this.#receiver.onBytes(head.stream, piece);
    if (this.#dataLeft === 0) this.#end(head);
    return kept;
  }

  #takeHead(part: Uint8Array): number {
    this.#head.set(part, this.#headFill);
    this.#headFill += part.length;
    if (this.#headFill < FRAME_HEAD_BYTES) return part.length;
    this.#headFill = 0;
    const head = decodeMuxHead(this.#head);
    this.#receiver.onHead(head);
    this.#open = head;
    this.#dataLeft = head.type === DATA ? head.length : 0;
    if (this.#dataLeft === 0) this.#end(head);
    return part.length;
  }

  #end(head: MuxHead): void {
    this.#open = undefined;
    this.#receiver.onEnd(head);
  }
}
