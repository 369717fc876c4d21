import { describe, expect, it } from 'vitest';
import { VaultError } from '../../src/model/errors.ts';
import { MiB } from '../../src/model/units.ts';
import type { SimulatedStream } from '../../src/network/simulated-stream.ts';
import { FRAME_ALIVE, FRAME_ERROR, type Frame, FrameDecoder } from '../../src/protocol/frames.ts';
import { type Answer, type Handler, handler } from '../../src/protocol/handler.ts';
import { decodeMeta, type MetaMap } from '../../src/protocol/meta.ts';
import { hello, type Method, ping } from '../../src/protocol/methods.ts';
import { type ServerLimits, serveStream } from '../../src/protocol/rpc-server.ts';
import { ByteGate } from '../../src/runtime/limiter.ts';
import { SimulatedClock } from '../../src/runtime/simulated-clock.ts';
import { rawFrame, streamPair } from './stream-pair.ts';

const STORE = 100;
const FETCH = 101;
const WORK = 102;
const open = { protocols: ['/test'], needsHello: false, ordered: false, perSecond: 1000 };
const shape = (maxPayloadBytes: number): Method<MetaMap, MetaMap>['request'] => ({
  maxMetaBytes: 64,
  maxPayloadBytes,
  read: (meta) => meta,
});
const store: Method<MetaMap, MetaMap> = {
  ...open,
  number: STORE,
  name: 'store',
  request: shape(4 * MiB),
  response: shape(0),
};
const fetch: Method<MetaMap, MetaMap> = {
  ...open,
  number: FETCH,
  name: 'fetch',
  request: shape(0),
  response: shape(4 * MiB),
};

const work: Method<MetaMap, MetaMap> = { ...store, number: WORK, name: 'work', slow: true };

interface Fixture {
  readonly clock: SimulatedClock;
  readonly client: SimulatedStream;
  readonly served: Promise<void>;
  readonly gate: ByteGate;
  readonly answers: Frame[];
  readonly log: string[];
  /** Stores under way; each call ends one. */
  readonly storing: ((error?: Error) => void)[];
  maxStoring: number;
}

function fixture(limits: Partial<ServerLimits> = {}, gateBytes = 64 * MiB): Fixture {
  const clock = new SimulatedClock();
  const [client, holder] = streamPair(clock);
  const answers: Frame[] = [];
  const log: string[] = [];
  const gate = new ByteGate(gateBytes);
  const storing: Fixture['storing'] = [];
  const hold = (): Promise<Answer<MetaMap>> =>
    new Promise((resolve, reject) => {
      storing.push((error) => (error ? reject(error) : resolve({ meta: {} })));
      made.maxStoring = Math.max(made.maxStoring, storing.length);
    });
  const handlers: Handler[] = [
    handler(store, hold),
    handler(work, hold),
    handler(fetch, async () => ({ meta: {}, payload: new Uint8Array(4 * MiB) })),
    handler(ping, async () => ({ meta: {} })),
    handler(hello, async () => ({ meta: {} })),
  ];
  const served = serveStream(holder, {
    handlers: new Map(handlers.map((one) => [one.method.number, one])),
    clock,
    gate,
    limits,
    log: (message) => log.push(message),
  });
  const made: Fixture = { clock, client, served, gate, answers, log, storing, maxStoring: 0 };
  return made;
}

/** Reads answers as they come. */
function listen({ client, answers }: Fixture): void {
  const decoder = new FrameDecoder({
    admit: () => 'keep',
    deliver: (frame) => {
      answers.push(frame);
      return undefined;
    },
  });
  client.receive((bytes) => decoder.push(bytes));
}

function push(test: Fixture, frames: Uint8Array[]): { done: boolean } {
  const state = { done: false };
  test.client.send(frames).then(
    () => {
      state.done = true;
    },
    () => undefined, // the stream ended first
  );
  return state;
}

const stores = (count: number, size: number): Uint8Array[] =>
  Array.from({ length: count }, (_, i) =>
    rawFrame({ method: STORE, id: i + 1, payload: new Uint8Array(size) }),
  );

describe('a served stream', () => {
  it('stops reading while its budget of bytes is in work, and goes on when there is room (T4)', async () => {
    const test = fixture({ aliveMs: 5_000, streamBytes: 4 * MiB });
    listen(test);
    const pushed = push(test, stores(20, MiB));
    await test.clock.advance(5_000);
    expect(test.storing).toHaveLength(3);
    expect(pushed.done).toBe(false);
    expect(test.gate.usedBytes).toBeLessThanOrEqual(4 * MiB);
    for (let i = 0; i < 20; i++) {
      test.storing.shift()?.();
      await test.clock.advance(500);
    }
    expect(test.answers).toHaveLength(20);
    expect(test.maxStoring).toBeLessThanOrEqual(4);
    expect(test.gate.usedBytes).toBe(0);
  });

  it('stops reading while too many requests are in work, however small', async () => {
    const test = fixture({ streamRequests: 8 });
    listen(test);
    push(test, stores(100, 1));
    await test.clock.advance(1_000);
    expect(test.storing).toHaveLength(8);
  });

  it('waits for the budget of the whole process, and gives its share back when it ends (T4)', async () => {
    const test = fixture({ aliveMs: 5_000 }, MiB);
    listen(test);
    const release = await test.gate.acquire(MiB);
    push(test, stores(3, 1000));
    await test.clock.advance(100_000);
    expect(test.storing).toHaveLength(0);
    // It says that it is there meanwhile, but not for ever.
    expect(test.answers.map(({ kind }) => kind)).toEqual(Array.from({ length: 6 }, () => FRAME_ALIVE));
    release();
    await test.clock.advance(100);
    expect(test.storing).toHaveLength(3);
    test.client.abort(new Error('gone'));
    await test.clock.advance(100);
    for (const end of test.storing.splice(0)) end();
    await test.clock.until(test.served);
    expect(test.gate.usedBytes).toBe(0);
  });

  it('keeps the share of a large answer until the stream has taken it, and drops a reader that stalls', async () => {
    const test = fixture({ streamBytes: 9 * MiB, stallMs: 30_000 });
    push(
      test,
      Array.from({ length: 50 }, (_, i) => rawFrame({ method: FETCH, id: i + 1 })),
    );
    await test.clock.advance(20_000);
    expect(test.gate.usedBytes).toBeGreaterThan(8 * MiB);
    expect(test.gate.usedBytes).toBeLessThan(9 * MiB);
    await test.clock.advance(15_000);
    await test.clock.until(test.served);
    expect(test.gate.usedBytes).toBe(0);
    expect(test.log.join()).toContain('no byte moved');
  });

  it('drops a sender that stalls inside a frame, but lets a stream rest between frames for ever', async () => {
    const test = fixture({ stallMs: 30_000 });
    listen(test);
    await test.clock.until(test.client.send([rawFrame({ method: 3, id: 1 })]));
    await test.clock.advance(1e6);
    expect(test.log).toEqual([]);
    await test.clock.until(
      test.client.send([rawFrame({ method: STORE, id: 2, payload: new Uint8Array(9) }).subarray(0, 16)]),
    );
    await test.clock.advance(31_000);
    await test.clock.until(test.served);
    expect(test.log.join()).toContain('no byte moved');
    expect(test.gate.usedBytes).toBe(0);
  });

  it('takes requests of one kind at their rate and no faster (T1)', async () => {
    const test = fixture();
    listen(test);
    push(
      test,
      Array.from({ length: 500 }, (_, i) => rawFrame({ method: 3, id: i + 1 })),
    );
    await test.clock.advance(100);
    expect(test.answers.length).toBeGreaterThanOrEqual(200);
    expect(test.answers.length).toBeLessThan(230);
    await test.clock.advance(1_500);
    expect(test.answers).toHaveLength(500);
  });

  it('answers what is due after a clean end, then ends as well and leaves nothing behind', async () => {
    const test = fixture();
    listen(test);
    await test.clock.until(test.client.send(stores(2, 10)));
    await test.client.close();
    await test.clock.advance(100);
    for (const end of test.storing.splice(0)) end();
    await test.clock.until(test.served);
    expect(await test.clock.until(test.client.ended)).toBeUndefined();
    expect(test.answers.map(({ id }) => id)).toEqual([1, 2]);
    await expect(test.clock.until(new Promise(() => undefined))).rejects.toThrow('stands still');
  });

  it('says that it still receives, at intervals, during a long upload', async () => {
    const test = fixture({ aliveMs: 5_000 });
    listen(test);
    const [frame = new Uint8Array(0)] = stores(1, 100);
    for (let at = 0; at < frame.length; at += 10) {
      await test.clock.until(test.client.send([frame.subarray(at, at + 10)]));
      await test.clock.advance(2_000);
    }
    const alive = test.answers.filter(({ kind }) => kind === FRAME_ALIVE);
    expect(alive.length).toBeGreaterThanOrEqual(3);
    expect(alive.length).toBeLessThanOrEqual(5);
  });

  it('says that it is at work on what takes long by its nature, but not for ever (R4)', async () => {
    const test = fixture({ aliveMs: 5_000 });
    listen(test);
    push(test, [rawFrame({ method: WORK, id: 1 })]);
    await test.clock.advance(60_000);
    expect(test.answers.length).toBeGreaterThanOrEqual(11);
    expect(new Set(test.answers.map(({ kind }) => kind))).toEqual(new Set([FRAME_ALIVE]));
    await test.clock.advance(600_000);
    expect(test.answers.length).toBeLessThanOrEqual(25);
    test.storing.shift()?.();
    push(test, [rawFrame({ method: WORK, id: 2 })]);
    await test.clock.advance(100);
    test.storing.shift()?.();
    await test.clock.advance(100);
    const answered = test.answers.length;
    await test.clock.advance(60_000);
    expect(test.answers).toHaveLength(answered);
    expect(test.answers.filter(({ kind }) => kind !== FRAME_ALIVE).map(({ id }) => id)).toEqual([1, 2]);
  });

  it.each([
    ['no-space', new VaultError('no-space', 'the quota is used up'), 'the quota is used up'],
    ['io', new VaultError('io', 'EIO: /home/ann/secret-place'), 'a disk operation failed there'],
    [
      'internal',
      new VaultError('wrong-passphrase', 'the passphrase was hunter2'),
      'the request failed there because of a fault in the program',
    ],
    [
      'internal',
      new Error('TypeError at /home/ann/x.ts'),
      'the request failed there because of a fault in the program',
    ],
  ])('answers a failure as %s and tells nothing of its inside', async (code, error, message) => {
    const test = fixture();
    listen(test);
    push(test, stores(1, 1));
    await test.clock.advance(100);
    test.storing.shift()?.(error);
    await test.clock.advance(100);
    const [answer] = test.answers;
    expect(answer?.kind).toBe(FRAME_ERROR);
    expect(decodeMeta(answer?.meta ?? new Uint8Array(0))).toEqual({ code, message });
  });
});
