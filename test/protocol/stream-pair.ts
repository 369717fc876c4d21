/** Two ends of a stream in memory for protocol tests, and the raw bytes a hostile peer would write. */
import { concatBytes } from '../../src/model/bytes.ts';
import type { ByteStream } from '../../src/network/network.ts';
import { SimulatedStream, type Wire } from '../../src/network/simulated-stream.ts';
import { encodeFrameHead, FRAME_REQUEST } from '../../src/protocol/frames.ts';
import { encodeMeta, type MetaMap } from '../../src/protocol/meta.ts';
import type { Clock } from '../../src/runtime/clock.ts';
import { SeededRandom } from '../../src/runtime/seeded-random.ts';

export const DIALER = 'dialer';
export const LISTENER = 'listener';

/** [the dialer's end, the listener's end]; every message takes a millisecond. */
export function streamPair(clock: Clock, protocol = '/test'): [SimulatedStream, SimulatedStream] {
  const wire: Wire = { clock, random: new SeededRandom('wire'), delayMs: () => 1, giveUp: () => undefined };
  return SimulatedStream.pair({ dialer: DIALER, listener: LISTENER }, protocol, { there: wire, back: wire });
}

export interface RawFrame {
  readonly kind?: number;
  readonly method: number;
  readonly id: number;
  readonly meta?: MetaMap | Uint8Array;
  readonly payload?: Uint8Array;
}

export function rawFrame(frame: RawFrame): Uint8Array {
  const { kind = FRAME_REQUEST, method, id, meta = {}, payload = new Uint8Array(0) } = frame;
  const metaBytes = meta instanceof Uint8Array ? meta : encodeMeta(meta);
  return concatBytes(encodeFrameHead({ kind, method, id }, metaBytes, payload.length), payload);
}

export interface Collected {
  bytes: Uint8Array;
}

/** Everything that arrives at `stream`, as one growing buffer. */
export function collect(stream: ByteStream): Collected {
  const collected: Collected = { bytes: new Uint8Array(0) };
  stream.receive((bytes) => {
    collected.bytes = concatBytes(collected.bytes, bytes);
    return undefined;
  });
  return collected;
}
