/** Every kind of broken or hostile frame, on both protocols: that stream ends, nothing else happens (T1). */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeMemberList } from '../../src/format/member-list.ts';
import { concatBytes } from '../../src/model/bytes.ts';
import { MAX_SEALED_BYTES } from '../../src/model/chunk-limits.ts';
import type { ByteStream } from '../../src/network/network.ts';
import type { SimulatedNetwork } from '../../src/network/simulated-network.ts';
import { FRAME_ERROR, FRAME_RESPONSE, type Frame, FrameDecoder } from '../../src/protocol/frames.ts';
import { decodeMeta } from '../../src/protocol/meta.ts';
import { BULK_PROTOCOL, CONTROL_PROTOCOL } from '../../src/protocol/methods.ts';
import type { RemotePeer } from '../../src/protocol/remote-peer.ts';
import { sampleChunk } from '../conformance/chunk-store.ts';
import { type TestHolder, testVault, World } from './holder-fixture.ts';
import { type RawFrame, rawFrame } from './stream-pair.ts';
import { LIST, TestDuties } from './test-duties.ts';

const owner = testVault(1);
const { vault } = owner;
const chunk = sampleChunk('kept', 100_000);
const digest = chunk.digest;

const world = new World();
let holder: TestHolder;
let honest: RemotePeer;
let hostile: SimulatedNetwork;

beforeAll(async () => {
  holder = await world.holder({ stallMs: 1500 }, undefined, undefined, (of) => new TestDuties(of));
  honest = await world.remote(holder, owner);
  hostile = await world.node('client');
  await hostile.learn({ peer: holder.network.self, addresses: holder.network.addresses() });
  await honest.put(chunk);
});
afterAll(() => world.end());

interface Protocol {
  readonly name: string;
  /** A request that is served without a hello. */
  readonly harmless: RawFrame;
  readonly needsHello: RawFrame;
  /** More requests that are served without a hello. */
  readonly others: readonly RawFrame[];
  readonly foreign: number;
}

const protocols: readonly Protocol[] = [
  {
    name: CONTROL_PROTOCOL,
    harmless: { method: 32, id: 1, meta: { vault } },
    needsHello: { method: 34, id: 1, meta: { vault }, payload: new Uint8Array(1000) },
    others: [
      { method: 18, id: 1, meta: { vault, trash: true }, payload: digest },
      { method: 37, id: 1, meta: { vault } },
      { method: 38, id: 1, meta: { vault }, payload: encodeMemberList(LIST) },
      { method: 48, id: 1, meta: { vault, members: digest, logs: digest, seen: digest } },
      { method: 49, id: 1, meta: { vault, nonce: digest, group: 0, pledge: false }, payload: digest },
    ],
    foreign: 16,
  },
  {
    name: BULK_PROTOCOL,
    harmless: { method: 17, id: 1, meta: { vault, digest } },
    needsHello: { method: 16, id: 1, meta: { vault, digest }, payload: chunk.bytes },
    others: [{ method: 17, id: 1, meta: { vault, digest: vault } }],
    foreign: 32,
  },
];

/** Opens a stream and notes what the holder says on it. */
async function attack(protocol: string): Promise<{ stream: ByteStream; said: Frame[] }> {
  const stream = await hostile.open(holder.network.self, protocol);
  const said: Frame[] = [];
  const decoder = new FrameDecoder({
    admit: () => 'keep',
    deliver: (frame) => {
      said.push(frame);
      return undefined;
    },
  });
  stream.receive((bytes) => decoder.push(bytes));
  return { stream, said };
}

/** The stream ended with at most one answer to `answered` requests, and the others are served as before. */
async function expectRefused(stream: ByteStream, said: Frame[], code: string): Promise<void> {
  await stream.ended;
  const last = said.at(-1);
  expect(last?.kind).toBe(FRAME_ERROR);
  expect(last?.id).toBe(0);
  expect(decodeMeta(last?.meta ?? new Uint8Array(0))).toMatchObject({ code });
  await expectServing();
}

async function expectServing(): Promise<void> {
  expect(await honest.get(digest)).toEqual(chunk.bytes);
  expect(await honest.logHeads()).toEqual([]);
  await honest.put(chunk);
}

const header = (length: number, method: number, metaLength: number): Uint8Array => {
  const bytes = rawFrame({ method, id: 1 }).slice(0, 14);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, length);
  view.setUint32(10, metaLength);
  return bytes;
};

describe.each(protocols)('on $name a holder', ({ name, harmless, needsHello, others, foreign }) => {
  const { method } = harmless;
  it.each<[string, Uint8Array]>([
    ['an oversized length', header(0xffff_ffff, method, 40)],
    ['a payload just over the bound', header(10 + 40 + MAX_SEALED_BYTES + 1, needsHello.method, 40)],
    ['oversized meta data', header(10 + 0x7fff_ffff, method, 0x7fff_ffff)],
    ['meta data longer than the frame', header(20, method, 100)],
    ['a length too short for its own head', header(3, method, 0)],
    ['a payload where none belongs', rawFrame({ ...harmless, payload: new Uint8Array(1) })],
    ['garbage', new Uint8Array(4096).fill(0xa5)],
    ['text of another protocol', new TextEncoder().encode('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')],
    ['a method that does not exist', rawFrame({ method: 99, id: 1 })],
    ['a method of the other protocol', rawFrame({ method: foreign, id: 1, meta: { vault, digest } })],
    ['a response nobody waits for', rawFrame({ kind: FRAME_RESPONSE, method, id: 1 })],
    ['an error frame', rawFrame({ kind: FRAME_ERROR, method, id: 1 })],
    ['an unknown kind of frame', rawFrame({ kind: 77, method, id: 1 })],
    ['request id 0', rawFrame({ ...harmless, id: 0 })],
    ['an id twice', concatBytes(rawFrame(harmless), rawFrame(harmless))],
    ['ids that go back', concatBytes(rawFrame({ ...harmless, id: 9 }), rawFrame({ ...harmless, id: 8 }))],
    ['meta data that is no DAG-CBOR', rawFrame({ method, id: 1, meta: new Uint8Array(30).fill(0xff) })],
    ['deeply nested meta data', rawFrame({ method, id: 1, meta: new Uint8Array(200).fill(0x81) })],
    ['no meta data at all', rawFrame({ method, id: 1, meta: new Uint8Array(0) })],
    ['meta data without the fields', rawFrame({ method, id: 1, meta: { vault: 'my vault' } })],
    ['a vault id of 31 bytes', rawFrame({ method, id: 1, meta: { vault: vault.slice(1), digest } })],
  ])('ends the stream on %s, and goes on serving the others', async (_, bytes) => {
    const { stream, said } = await attack(name);
    await stream.send([bytes]);
    await expectRefused(stream, said, 'bad-frame');
  });

  it('ends the stream on a request that needs a hello before one was said, reading none of its payload', async () => {
    const { stream, said } = await attack(name);
    await stream.send([rawFrame(needsHello).slice(0, 14)]);
    await expectRefused(stream, said, 'denied');
  });

  it('denies a false hello, and ends the stream on what relies on it', async () => {
    const { stream, said } = await attack(name);
    const hello = { vault, certificate: owner.certificate, proof: new Uint8Array(64) };
    await stream.send([rawFrame({ method: 1, id: 1, meta: hello }), rawFrame({ ...needsHello, id: 2 })]);
    await expectRefused(stream, said, 'denied');
    expect(said.map(({ kind, id }) => [kind, id])).toEqual([
      [FRAME_ERROR, 1],
      [FRAME_ERROR, 0],
    ]);
  });

  it('denies a second hello', async () => {
    const { stream, said } = await attack(name);
    const proof = owner.hello.prove(holder.network.self, hostile.self);
    const hello = { vault, certificate: owner.certificate, proof };
    await stream.send([
      rawFrame({ method: 1, id: 1, meta: hello }),
      rawFrame({ method: 1, id: 2, meta: hello }),
    ]);
    await stream.close();
    await stream.ended;
    expect(said.map(({ kind, id }) => [kind, id])).toEqual([
      [FRAME_RESPONSE, 1],
      [FRAME_ERROR, 2],
    ]);
  });

  it('forgets a stream that ends or stalls inside a frame', async () => {
    const ends = ['close', 'abort', 'stall'] as const;
    await Promise.all(
      ends.map(async (end) => {
        const { stream } = await attack(name);
        await stream.send([rawFrame({ ...harmless, meta: { vault, digest } }).slice(0, -5)]);
        if (end === 'close') await stream.close();
        if (end === 'abort') stream.abort(new Error('gone'));
        await stream.ended;
      }),
    );
    await expectServing();
    await expect.poll(() => holder.service.streams, { timeout: 5000 }).toBe(2); // the honest peer's
  });

  it('survives any bytes, and any change of honest ones, on many streams at once', async () => {
    const honestBytes = [harmless, ...others].map((one) =>
      concatBytes(rawFrame(one), rawFrame({ ...needsHello, id: 2 })),
    );
    const change = fc.record({
      of: fc.constantFrom(...honestBytes),
      at: fc.nat(300),
      to: fc.nat(255),
      cut: fc.nat(400),
    });
    const changed = change.map(({ of, at, to, cut }) => {
      const bytes = of.slice(0, cut);
      if (at < bytes.length) bytes[at] = to;
      return bytes;
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(changed, fc.uint8Array({ maxLength: 60 })), { maxLength: 8 }),
        async (attacks) => {
          const open = await Promise.all(attacks.map(() => attack(name)));
          const sent = open.map(({ stream }, i) =>
            stream.send([attacks[i] ?? new Uint8Array(0)]).then(() => stream.close()),
          );
          await Promise.allSettled(sent);
          await Promise.all(open.map(({ stream }) => stream.ended));
        },
      ),
      { numRuns: 40 },
    );
    await expectServing();
  });

  it('admits only so many streams of one peer', async () => {
    const streams = await Promise.all(Array.from({ length: 40 }, () => attack(name)));
    const refused = streams.map(({ stream }) => Promise.race([stream.ended, world.clock.sleep(100)]));
    const errors = (await Promise.all(refused)).filter((error) => error instanceof Error);
    expect(errors).toHaveLength(8);
    for (const { stream } of streams) stream.abort(new Error('done'));
    await expectServing();
  });
});
