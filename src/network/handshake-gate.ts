/** Lets a Noise handshake run on a connection frame by frame, and then hands the connection back with every byte that is not part of it. */
import type { MessageStream, StreamMessageEvent } from '@libp2p/interface';
import { AbstractMessageStream, type SendResult } from '@libp2p/utils';
import { VaultError } from '../model/errors.ts';

/** Noise frames: u16 length, then that many bytes. */
const LENGTH_BYTES = 2;
/** Keys, a signature and a few names: some 250 bytes. Whoever sends more means no handshake. */
const MAX_FRAME_BYTES = 4096;

/**
 * Looks to Noise like the connection, but passes on `frames` of its frames and no byte more. What comes behind them waits, and the
 * connection is paused, until `release`.
 */
export class HandshakeGate extends AbstractMessageStream {
  readonly #raw: MessageStream;
  readonly #onMessage: (event: StreamMessageEvent) => void;
  readonly #onClose: () => void;
  #pending: Uint8Array = new Uint8Array(0);
  #framesLeft: number;
  #released = false;

  constructor(raw: MessageStream, frames: number) {
    super({ log: raw.log, direction: raw.direction });
    this.#raw = raw;
    this.#framesLeft = frames;
    this.#onMessage = ({ data }) => this.#accept(data.subarray());
    this.#onClose = () => this.abort(new VaultError('closed', 'the connection ended during its handshake'));
    raw.addEventListener('message', this.#onMessage);
    raw.addEventListener('close', this.#onClose);
    raw.addEventListener('remoteCloseWrite', this.#onClose);
  }

  /** The handshake is over: whatever came after it is the connection's again. */
  release(): void {
    this.#released = true;
    this.#raw.removeEventListener('message', this.#onMessage);
    this.#raw.removeEventListener('close', this.#onClose);
    this.#raw.removeEventListener('remoteCloseWrite', this.#onClose);
    if (this.#raw.status !== 'open') return;
    if (this.#pending.length > 0) this.#raw.unshift(this.#pending);
    this.#raw.resume();
  }

  sendData(data: Parameters<AbstractMessageStream['sendData']>[0]): SendResult {
    return { sentBytes: data.byteLength, canSendMore: this.#raw.send(data) };
  }

  sendReset(reason: Error): void {
    if (!this.#released) this.#raw.abort(reason);
  }

  sendPause(): void {}

  sendResume(): void {}

  async close(): Promise<void> {
    if (!this.#released) await this.#raw.close();
  }

  #accept(bytes: Uint8Array): void {
    this.#pending = this.#pending.length > 0 ? Buffer.concat([this.#pending, bytes]) : bytes;
    while (this.#framesLeft > 0 && this.#pending.length >= LENGTH_BYTES) {
      const length = ((this.#pending[0] ?? 0) << 8) | (this.#pending[1] ?? 0);
      if (length > MAX_FRAME_BYTES) {
        this.abort(new VaultError('bad-frame', `a frame of ${length} bytes during the handshake`));
        return;
      }
      if (this.#pending.length < LENGTH_BYTES + length) return;
      const frame = this.#pending.slice(0, LENGTH_BYTES + length);
      this.#pending = this.#pending.subarray(LENGTH_BYTES + length);
      this.#framesLeft -= 1;
      this.onData(frame);
    }
    if (this.#framesLeft === 0 && this.#raw.status === 'open') this.#raw.pause();
  }
}
