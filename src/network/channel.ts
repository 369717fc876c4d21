/** The secure channel of every connection: Noise XX with the mesh's prologue proves who is there (M1), then AES-256-GCM records carry the bytes. */
import { randomBytes } from 'node:crypto';
import { noise } from '@chainsafe/libp2p-noise';
import type {
  ConnectionEncrypter,
  MessageStream,
  SecureConnectionOptions,
  SecuredConnection,
} from '@libp2p/interface';
import { VaultError } from '../model/errors.ts';
import { CHANNEL_KEY_BYTES, type Direction } from './channel-records.ts';
import { ChannelStream } from './channel-stream.ts';
import { HandshakeGate } from './handshake-gate.ts';

type NoiseFactory = ReturnType<typeof noise>;
type Components = Parameters<NoiseFactory>[0];

/** Another way of carrying bytes has another name here; two sides without a common one do not connect. */
const CHANNEL_PROTOCOL = '/vault-mesh/channel/1';
/** Frames that each side reads of Noise: its part of the handshake, and the other side's key. */
const FRAMES: Readonly<Record<Direction, number>> = { initiator: 2, responder: 3 };

/** `prologue` makes it the channel of one mesh. */
export function channel(prologue: Uint8Array | undefined): (components: Components) => ConnectionEncrypter {
  const handshake = noise(prologue ? { prologueBytes: prologue } : {});
  return (components) => new Channel(handshake(components));
}

class Channel implements ConnectionEncrypter {
  readonly protocol: string = CHANNEL_PROTOCOL;
  readonly #noise: ConnectionEncrypter;

  constructor(handshake: ConnectionEncrypter) {
    this.#noise = handshake;
  }

  secureOutbound(raw: MessageStream, options?: SecureConnectionOptions): Promise<SecuredConnection> {
    return this.#secure(raw, 'initiator', options);
  }

  secureInbound(raw: MessageStream, options?: SecureConnectionOptions): Promise<SecuredConnection> {
    return this.#secure(raw, 'responder', options);
  }

  async #secure(
    raw: MessageStream,
    as: Direction,
    options?: SecureConnectionOptions,
  ): Promise<SecuredConnection> {
    const gate = new HandshakeGate(raw, FRAMES[as]);
    const secured =
      as === 'initiator'
        ? await this.#noise.secureOutbound(gate, options)
        : await this.#noise.secureInbound(gate, options);
    const secret = new Uint8Array(randomBytes(CHANNEL_KEY_BYTES));
    const theirs = keyFrom(secured.connection, options?.signal);
    theirs.catch(() => undefined); // awaited below, unless sending fails first
    secured.connection.send(secret.slice());
    const received = await theirs;
    const keys = {
      sending: { secret, as },
      receiving: { secret: received, from: as === 'initiator' ? 'responder' : 'initiator' },
    } as const;
    const connection = new ChannelStream(raw, keys);
    gate.release();
    return { ...secured, connection };
  }
}

/** The first message of the other side inside Noise: 32 bytes, the key of what it sends. */
function keyFrom(inside: MessageStream, signal: AbortSignal | undefined): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    inside.addEventListener('message', ({ data }) => {
      const key = data.subarray().slice();
      if (key.length === CHANNEL_KEY_BYTES) resolve(key);
      else reject(new VaultError('corrupt', `the other side sent ${key.length} bytes as its key`));
    });
    inside.addEventListener('close', ({ error }) =>
      reject(new VaultError('closed', 'the connection ended during its handshake', { cause: error })),
    );
    if (signal?.aborted) reject(signal.reason);
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
