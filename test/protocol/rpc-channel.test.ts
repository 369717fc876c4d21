import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/model/bytes.ts';
import { isVaultError } from '../../src/model/errors.ts';
import type { ByteStream } from '../../src/network/network.ts';
import type { SimulatedStream } from '../../src/network/simulated-stream.ts';
import {
  FRAME_ALIVE,
  FRAME_ERROR,
  FRAME_RESPONSE,
  type Frame,
  FrameDecoder,
} from '../../src/protocol/frames.ts';
import { get, hello, info, ping, put } from '../../src/protocol/methods.ts';
import { RpcChannel } from '../../src/protocol/rpc-channel.ts';
import { SimulatedClock } from '../../src/runtime/simulated-clock.ts';
import { rawFrame, streamPair } from './stream-pair.ts';

const vault = new Uint8Array(32).fill(1);
const digest = new Uint8Array(32).fill(2);

interface Fixture {
  readonly clock: SimulatedClock;
  readonly channel: RpcChannel;
  readonly holder: SimulatedStream;
  /** Requests as the holder received them. */
  readonly asked: Frame[];
  /** A hostile or honest holder writes these bytes. */
  readonly say: (...frames: Uint8Array[]) => Promise<void>;
}

function fixture(): Fixture {
  const clock = new SimulatedClock();
  const [dialer, holder] = streamPair(clock);
  const asked: Frame[] = [];
  const decoder = new FrameDecoder({
    admit: () => 'keep',
    deliver: (frame) => {
      asked.push(frame);
      return undefined;
    },
  });
  holder.receive((bytes) => decoder.push(bytes));
  const channel = new RpcChannel(dialer, { clock, stallMs: 15_000 });
  const say = async (...frames: Uint8Array[]): Promise<void> => {
    await clock.until(holder.send(frames));
    await clock.advance(20);
  };
  return { clock, channel, holder, asked, say };
}

/** The code a request ended with; handled from the start, so that nothing counts as unhandled. */
function code(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'answered',
    (error: unknown) => (isVaultError(error) ? error.code : String(error)),
  );
}

const answer = (method: number, id: number, meta = {}, payload: Uint8Array = new Uint8Array(0)): Uint8Array =>
  rawFrame({ kind: FRAME_RESPONSE, method, id, meta, payload });

describe('a channel', () => {
  it('has many requests in flight and takes their answers in any order (T1)', async () => {
    const { clock, channel, asked, say } = fixture();
    const replies = Array.from({ length: 50 }, () => channel.request(get, { vault, digest }));
    await clock.advance(100);
    expect(asked.map((frame) => frame.id)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
    for (const { id } of asked.toReversed()) await say(answer(17, id, { found: true }, utf8(`chunk ${id}`)));
    const payloads = (await Promise.all(replies)).map(({ payload }) => Buffer.from(payload).toString());
    expect(payloads).toEqual(replies.map((_, i) => `chunk ${i + 1}`));
  });

  it('rejects with the code the holder sent, and says which peer it was', async () => {
    const { clock, channel, say } = fixture();
    const reply = channel.request(put, { vault, digest }, utf8('bytes'));
    const ended = code(reply);
    await clock.advance(100);
    const meta = { code: 'no-space', message: 'full \u001b[31m up' };
    await say(rawFrame({ kind: FRAME_ERROR, method: 16, id: 1, meta }));
    expect(await ended).toBe('no-space');
    await expect(reply).rejects.toThrow('peer listener refused: full  [31m up');
    expect(channel.usable).toBe(true);
  });

  it('reads a code it does not know, or that no holder may send, as unavailable', async () => {
    const { clock, channel, say } = fixture();
    for (const [i, sent] of ['wrong-passphrase', 'code-of-2040'].entries()) {
      const ended = code(channel.request(ping, {}));
      await clock.advance(10);
      await say(rawFrame({ kind: FRAME_ERROR, method: 3, id: i + 1, meta: { code: sent, message: '' } }));
      expect(await ended).toBe('unavailable');
    }
  });

  it('times out when no byte moves while something is outstanding, and only then', async () => {
    const { clock, channel } = fixture();
    await clock.advance(100_000);
    expect(channel.usable).toBe(true);
    const ended = code(channel.request(ping, {}));
    await clock.advance(14_000);
    expect(channel.usable).toBe(true);
    await clock.advance(2_000);
    expect(await ended).toBe('timeout');
    expect(channel.usable).toBe(false);
  });

  it('waits as long as bytes move, be it one in ten seconds', async () => {
    const { clock, channel, say } = fixture();
    const ended = code(channel.request(info, {}));
    await clock.advance(100);
    const slow = answer(2, 1, {}, utf8('an advert'));
    for (const byte of slow.subarray(0, 20)) {
      await say(Uint8Array.of(byte));
      await clock.advance(10_000);
    }
    await say(slow.subarray(20));
    expect(await ended).toBe('answered');
  });

  it('waits while the holder says that it still receives', async () => {
    const { clock, channel, say } = fixture();
    const ended = code(channel.request(put, { vault, digest }, utf8('bytes')));
    for (let i = 0; i < 5; i++) {
      await clock.advance(10_000);
      await say(rawFrame({ kind: FRAME_ALIVE, method: 0, id: 0, meta: new Uint8Array(0) }));
    }
    await say(answer(16, 1, { receipt: new Uint8Array(64) }));
    expect(await ended).toBe('answered');
  });

  it('gives up a request when its signal says so, and ignores the answer that comes later', async () => {
    const { clock, channel, asked, say } = fixture();
    const aborter = new AbortController();
    const given = code(channel.request(get, { vault, digest }, undefined, aborter.signal));
    const kept = channel.request(get, { vault, digest });
    await clock.advance(100);
    aborter.abort(new Error('changed my mind'));
    expect(await given).toBe('Error: changed my mind');
    await say(answer(17, 1, { found: true }, new Uint8Array(100_000)));
    await say(answer(17, 2, { found: true }, utf8('wanted')));
    expect(Buffer.from((await kept).payload).toString()).toBe('wanted');
    expect(asked).toHaveLength(2);
    expect(channel.usable).toBe(true);
  });

  it('never sends a request that was given up while others were being sent', async () => {
    const { clock, channel, asked } = fixture();
    const large = code(channel.request(put, { vault, digest }, new Uint8Array(4_000_000)));
    const aborter = new AbortController();
    const given = code(channel.request(put, { vault, digest }, new Uint8Array(1000), aborter.signal));
    const last = code(channel.request(ping, {}));
    aborter.abort(new Error('too late'));
    expect(await given).toBe('Error: too late');
    await clock.advance(1000);
    expect(asked.map((frame) => [frame.id, frame.payload.length])).toEqual([
      [1, 4_000_000],
      [3, 0],
    ]);
    await channel.close();
    expect([await large, await last]).toEqual(['closed', 'closed']);
  });

  it('rejects everything as unavailable when the stream ends, and takes no more', async () => {
    for (const how of ['cleanly', 'broken'] as const) {
      const { clock, channel, holder } = fixture();
      const pending = [channel.request(ping, {}), channel.request(get, { vault, digest })].map(code);
      await clock.advance(100);
      if (how === 'cleanly') await holder.close();
      else holder.abort(new Error('reset'));
      await clock.advance(100);
      expect(await Promise.all(pending)).toEqual(['unavailable', 'unavailable']);
      expect(channel.usable).toBe(false);
      expect(await code(channel.request(ping, {}))).toBe('unavailable');
    }
  });

  it('leaves no timer behind', async () => {
    const { clock, channel } = fixture();
    const pending = code(channel.request(ping, {}));
    await clock.advance(10);
    await channel.close();
    expect(await pending).toBe('closed');
    await clock.advance(5_000);
    await expect(clock.until(new Promise(() => undefined))).rejects.toThrow('stands still');
  });

  it.each([
    ['garbage', () => new Uint8Array(64).fill(0xa5)],
    ['an answer nobody asked for', () => answer(17, 7, { found: false })],
    ['an answer by another method', () => answer(3, 1)],
    ['a request', () => rawFrame({ method: 3, id: 1 })],
    ['an unknown kind of frame', () => rawFrame({ kind: 9, method: 17, id: 1 })],
    ['an oversized answer', () => Uint8Array.of(0xff, 0xff, 0xff, 0xff, 1, 17, 0, 0, 0, 1, 0, 0, 0, 0)],
    ['oversized meta data', () => answer(17, 1, new Uint8Array(300))],
    ['meta data that is no DAG-CBOR', () => answer(17, 1, Uint8Array.of(0xff, 0xff))],
    ['deeply nested meta data', () => answer(17, 1, new Uint8Array(200).fill(0x81))],
    ['meta data without its fields', () => answer(17, 1, {})],
    ['an alive frame with a body', () => rawFrame({ kind: FRAME_ALIVE, method: 0, id: 0, payload: digest })],
    ['an error that is none', () => rawFrame({ kind: FRAME_ERROR, method: 17, id: 1, meta: { code: 5 } })],
    ['an error with a payload', () => rawFrame({ kind: FRAME_ERROR, method: 17, id: 1, payload: digest })],
  ])('ends the stream, and everything on it, on %s (T1)', async (_, bytes) => {
    const { clock, channel, holder, say } = fixture();
    const pending = [
      channel.request(get, { vault, digest }),
      channel.request(hello, { vault, certificate: vault, proof: new Uint8Array(64) }),
    ].map(code);
    await clock.advance(100);
    await say(bytes());
    expect(await Promise.all(pending)).toEqual(['bad-frame', 'bad-frame']);
    expect(channel.usable).toBe(false);
    expect(await holder.ended).toBeInstanceOf(Error);
  });

  describe('says that a request has left', () => {
    const payload = new Uint8Array(200_000);

    /** What is said of a put that is answered at once, on a stream that refers to `queued` bytes then, and took `most` sendings at all. */
    async function left(queued: number | undefined, most = Number.POSITIVE_INFINITY): Promise<boolean> {
      const clock = new SimulatedClock();
      const [dialer, holder] = streamPair(clock);
      let sendings = 0;
      const stream: ByteStream = {
        remote: dialer.remote,
        protocol: dialer.protocol,
        ended: dialer.ended,
        queuedBytes: queued,
        send: (parts) => (++sendings > most ? new Promise(() => undefined) : dialer.send(parts)),
        receive: (handler) => dialer.receive(handler),
        close: () => dialer.close(),
        abort: (reason) => dialer.abort(reason),
      };
      holder.receive(() => undefined);
      const channel = new RpcChannel(stream, { clock, stallMs: 15_000 });
      const asked = channel.request(put, { vault, digest }, payload);
      await clock.advance(20);
      await clock.until(holder.send([answer(put.number, 1, { receipt: new Uint8Array(64) })]));
      return (await clock.until(asked)).requestLeft;
    }

    it('when nothing of it waits in the stream', async () => {
      expect(await left(0)).toBe(true);
    });

    it('not while the stream refers to some of it, or cannot tell, or has not accepted all of it: a hostile holder may answer early', async () => {
      expect(await left(1)).toBe(false);
      expect(await left(undefined)).toBe(false);
      expect(await left(0, 2)).toBe(false);
    });
  });
});
