/** Our muxer against itself and against libp2p's own yamux: the same frames, so each must understand the other. */
import type { MessageStream, StreamMuxer } from '@libp2p/interface';
import { multiaddrConnectionPair } from '@libp2p/utils';
import { yamux } from '@libp2p/yamux';
import { afterEach, describe, expect, it } from 'vitest';
import { concatBytes } from '../../src/model/bytes.ts';
import { KiB, MiB } from '../../src/model/units.ts';
import { Libp2pStream } from '../../src/network/libp2p-stream.ts';
import { muxer } from '../../src/network/muxer.ts';
import {
  DATA,
  encodeMuxHead,
  FIN,
  GO_AWAY,
  PING,
  RST,
  SYN,
  WINDOW_UPDATE,
} from '../../src/network/muxer-frames.ts';
import type { ByteStream } from '../../src/network/network.ts';
import { SeededRandom } from '../../src/runtime/seeded-random.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import { collect, eventually } from '../conformance/network.ts';

const ours = muxer({ clock: systemClock, maxStreams: 20, maxEarlyStreams: 8 })();
const libp2ps = yamux({ streamOptions: { maxStreamWindowSize: MiB } })();
const open: MessageStream[] = [];

afterEach(() => {
  for (const connection of open.splice(0)) connection.abort(new Error('the test is over'));
});

function connection(): [MessageStream, MessageStream] {
  const pair = multiaddrConnectionPair();
  open.push(...pair);
  return pair;
}

interface Ends {
  readonly dialer: StreamMuxer;
  readonly listener: StreamMuxer;
  /** Streams the listener got, as they came. */
  readonly accepted: ByteStream[];
}

function ends(dials = ours, listens = ours): Ends {
  const [first, second] = connection();
  const accepted: ByteStream[] = [];
  const [dialer, listener] = [dials.createStreamMuxer(first), listens.createStreamMuxer(second)];
  listener.addEventListener('stream', ({ detail }) =>
    accepted.push(new Libp2pStream('dialer', '/t', detail)),
  );
  return { dialer, listener, accepted };
}

async function stream({ dialer, accepted }: Ends): Promise<{ mine: ByteStream; theirs: ByteStream }> {
  const before = accepted.length;
  const mine = new Libp2pStream('listener', '/t', await dialer.createStream());
  await eventually(() => accepted.length > before);
  const theirs = accepted[before];
  if (!theirs) throw new Error('no stream');
  return { mine, theirs };
}

const bytes = (length: number, seed: string): Uint8Array => new SeededRandom(seed).bytes(length);

describe.each([
  ['itself', ours, ours],
  ['the yamux of libp2p, which it dials', ours, libp2ps],
  ['the yamux of libp2p, which dials it', libp2ps, ours],
])('our muxer and %s', (_, dials, listens) => {
  it('carry bytes both ways on one stream, and close one way at a time', async () => {
    const { mine, theirs } = await stream(ends(dials, listens));
    const [there, back] = [bytes(3 * MiB + 7, 'there'), bytes(2 * MiB + 1, 'back')];
    const [heardThere, heardHere] = [collect(theirs), collect(mine)];
    await Promise.all([mine.send([there]), theirs.send([back])]);
    await mine.close();
    expect(await heardThere.done).toBeUndefined();
    await theirs.send([Uint8Array.of(1)]);
    await theirs.close();
    expect(await heardHere.done).toBeUndefined();
    expect(Buffer.compare(concatBytes(...heardThere.parts), there)).toBe(0);
    expect(Buffer.compare(concatBytes(...heardHere.parts), concatBytes(back, Uint8Array.of(1)))).toBe(0);
  });

  it('hold a sender back while its reader is busy, and go on afterwards (T4)', async () => {
    const { mine, theirs } = await stream(ends(dials, listens));
    let letGo = (): void => undefined;
    const busy = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    let read = 0;
    theirs.receive((part) => {
      read += part.length;
      return busy;
    });
    const block = new Uint8Array(64 * KiB);
    let sent = 0;
    const sending = (async () => {
      for (; sent < 8 * MiB; sent += block.length) await mine.send([block]);
    })();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(sent).toBeLessThan(3 * MiB);
    expect(read).toBeLessThanOrEqual(MiB);
    letGo();
    await sending;
    await eventually(() => read === 8 * MiB);
  });

  it('carry many streams at once, each its own', async () => {
    const both = ends(dials, listens);
    const echo = async (index: number): Promise<void> => {
      const mine = new Libp2pStream('listener', '/t', await both.dialer.createStream());
      const heard = collect(mine);
      const said = bytes(100_000 + index, `echo ${index}`);
      await mine.send([said]);
      await mine.close();
      expect(await heard.done).toBeUndefined();
      expect(Buffer.compare(concatBytes(...heard.parts), said)).toBe(0);
    };
    both.listener.addEventListener('stream', () => {
      const theirs = both.accepted.at(-1);
      if (!theirs) return;
      const heard = collect(theirs);
      void heard.done.then(async () => {
        await theirs.send(heard.parts);
        await theirs.close();
      });
    });
    await Promise.all(Array.from({ length: 15 }, (_each, index) => echo(index)));
    await eventually(() => both.dialer.streams.length + both.listener.streams.length === 0);
  });

  it('tell the other side of a stream that was dropped, and no other stream', async () => {
    const both = ends(dials, listens);
    const [first, second] = [await stream(both), await stream(both)];
    const heard = collect(first.theirs);
    first.mine.receive(() => undefined);
    first.mine.abort(new Error('dropped'));
    expect(await heard.done).toBeInstanceOf(Error);
    const still = collect(second.theirs);
    await second.mine.send([Uint8Array.of(5)]);
    await eventually(() => still.parts.length === 1);
  });

  it('end in good order when one side closes', async () => {
    const both = ends(dials, listens);
    const { mine, theirs } = await stream(both);
    const heard = collect(theirs);
    collect(mine);
    await mine.send([Uint8Array.of(7)]);
    await both.dialer.close();
    expect(await heard.done).toBeUndefined();
    expect(heard.parts).toEqual([Uint8Array.of(7)]);
  });
});

it('lets a small message overtake a large one of another stream, when the connection is full', async () => {
  const [first, second] = multiaddrConnectionPair({ delay: 1, capacity: 2 });
  open.push(first, second);
  const both: Ends = {
    dialer: ours.createStreamMuxer(first),
    listener: ours.createStreamMuxer(second),
    accepted: [],
  };
  both.listener.addEventListener('stream', ({ detail }) =>
    both.accepted.push(new Libp2pStream('dialer', '/t', detail)),
  );
  const [bulk, control] = [await stream(both), await stream(both)];
  let bulkBytes = 0;
  bulk.theirs.receive((part) => {
    bulkBytes += part.length;
    return undefined;
  });
  let bulkBytesThen = 0;
  const heard = new Promise<void>((resolve) => {
    control.theirs.receive(() => {
      bulkBytesThen = bulkBytes;
      resolve();
      return undefined;
    });
  });
  const sending = bulk.mine.send([new Uint8Array(8 * MiB)]);
  await eventually(() => bulkBytes > 0);
  await control.mine.send([Uint8Array.of(1)]);
  await heard;
  expect(bulkBytesThen).toBeLessThan(4 * MiB);
  await sending;
  await eventually(() => bulkBytes === 8 * MiB);
});

/** A muxer of ours at the listening end of a connection whose other end says what we like. */
function underAttack(): {
  say: (...heads: Parameters<typeof encodeMuxHead>) => void;
  raw: MessageStream;
  end: MessageStream;
  muxed: StreamMuxer;
} {
  const [raw, end] = connection();
  raw.addEventListener('message', () => undefined);
  const muxed = ours.createStreamMuxer(end);
  muxed.addEventListener('stream', () => undefined);
  return { raw, end, muxed, say: (head) => void raw.send(encodeMuxHead(head)) };
}

describe('our muxer against another side that breaks the rules', () => {
  it.each([
    ['another version', concatBytes(Uint8Array.of(1), new Uint8Array(11))],
    ['an unknown type', encodeMuxHead({ type: 9, flags: 0, stream: 1, length: 0 })],
    ['data for no stream', encodeMuxHead({ type: DATA, flags: 0, stream: 0, length: 1 })],
    ['a ping on a stream', encodeMuxHead({ type: PING, flags: SYN, stream: 3, length: 0 })],
    [
      'a stream with a number of ours',
      encodeMuxHead({ type: WINDOW_UPDATE, flags: SYN, stream: 2, length: 0 }),
    ],
  ])('drops the connection after %s', async (_, frame) => {
    const { raw, end } = underAttack();
    raw.send(frame);
    await eventually(() => end.status === 'aborted');
  });

  it('drops the connection after more bytes than the window of a stream, of which it keeps none', async () => {
    const { raw, end, muxed, say } = underAttack();
    say({ type: DATA, flags: SYN, stream: 1, length: 256 * KiB });
    raw.send(new Uint8Array(256 * KiB)); // nobody reads them, so nothing more is granted
    await eventually(() => muxed.streams[0]?.readBufferLength === 256 * KiB);
    say({ type: DATA, flags: 0, stream: 1, length: 1 });
    raw.send(new Uint8Array(1));
    await eventually(() => end.status === 'aborted');
  });

  it('drops the connection after a window that overflows', async () => {
    const { end, say } = underAttack();
    say({ type: WINDOW_UPDATE, flags: SYN, stream: 1, length: 0xffff_ffff });
    say({ type: WINDOW_UPDATE, flags: 0, stream: 1, length: 0xffff_ffff });
    await eventually(() => end.status === 'aborted');
  });

  it('refuses streams beyond its bound one by one, and keeps the others', async () => {
    const { raw, end, muxed, say } = underAttack();
    const resets = new Set<number>();
    raw.addEventListener('message', ({ data }) => {
      const all = data.subarray();
      for (let at = 0; at + 12 <= all.length; at += 12) {
        const view = new DataView(all.buffer, all.byteOffset + at, 12);
        if (view.getUint16(2) & RST) resets.add(view.getUint32(4));
      }
    });
    for (let i = 0; i < 25; i++) say({ type: WINDOW_UPDATE, flags: SYN, stream: 1 + 2 * i, length: 0 });
    await eventually(() => resets.size === 5);
    expect(muxed.streams).toHaveLength(20);
    expect(end.status).toBe('open');
  });

  it('passes over what is for a stream that was dropped here', async () => {
    const { raw, end, muxed, say } = underAttack();
    say({ type: WINDOW_UPDATE, flags: SYN, stream: 1, length: 0 });
    await eventually(() => muxed.streams.length === 1);
    muxed.streams[0]?.abort(new Error('dropped'));
    say({ type: DATA, flags: 0, stream: 1, length: 1000 });
    raw.send(new Uint8Array(1000));
    say({ type: WINDOW_UPDATE, flags: FIN, stream: 1, length: 0 });
    say({ type: WINDOW_UPDATE, flags: SYN, stream: 3, length: 0 });
    await eventually(() => muxed.streams.length === 1);
    expect(end.status).toBe('open');
  });

  it('holds no more memory than the bytes it keeps, however small they come among others', async () => {
    const { raw, muxed } = underAttack();
    // One byte for a stream that nobody reads, and the rest of each message for one that does not exist.
    const junk = 60 * KiB;
    const part = concatBytes(
      encodeMuxHead({ type: DATA, flags: SYN, stream: 1, length: 1 }),
      new Uint8Array(1),
      encodeMuxHead({ type: DATA, flags: 0, stream: 5, length: junk }),
      new Uint8Array(junk),
    );
    for (let i = 0; i < 50; i++) raw.send(part.slice());
    await eventually(() => muxed.streams[0]?.readBufferLength === 50);
    const held = new Set<ArrayBufferLike>();
    muxed.streams[0]?.addEventListener('message', ({ data }) => {
      for (const piece of data instanceof Uint8Array ? [data] : data) held.add(piece.buffer);
    });
    await eventually(() => held.size > 0);
    expect([...held].reduce((sum, buffer) => sum + buffer.byteLength, 0)).toBeLessThan(10 * KiB);
  });

  it('takes a connection that ends without a word for broken, and one that was closed for closed', async () => {
    for (const said of [true, false]) {
      const both = ends();
      const { mine, theirs } = await stream(both);
      mine.receive(() => undefined);
      const heard = collect(theirs);
      const raw = open.at(-2);
      if (said) raw?.send(encodeMuxHead({ type: GO_AWAY, flags: 0, stream: 0, length: 0 }));
      await raw?.close();
      expect((await heard.done) instanceof Error).toBe(!said);
    }
  });
});
