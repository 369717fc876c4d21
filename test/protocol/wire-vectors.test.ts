import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verify } from '../../src/crypto/ed25519.ts';
import { fromHex, toHex } from '../../src/model/bytes.ts';
import * as duty from '../../src/protocol/duty-methods.ts';
import {
  FRAME_ALIVE,
  FRAME_ERROR,
  FRAME_REQUEST,
  type Frame,
  FrameDecoder,
} from '../../src/protocol/frames.ts';
import { logsHash } from '../../src/protocol/logs-hash.ts';
import { decodeMeta, type MetaMap, type MetaValue } from '../../src/protocol/meta.ts';
import * as methods from '../../src/protocol/methods.ts';
import * as relay from '../../src/protocol/relay-methods.ts';
import { type TestHolder, World } from './holder-fixture.ts';
import { type JsonMeta, VECTOR_FILE, type WireVectors, wireVectors } from './wire-vectors.ts';

const vectors = JSON.parse(readFileSync(VECTOR_FILE, 'utf8')) as WireVectors;

type Reader = Pick<methods.Method<MetaMap, MetaMap>, 'number' | 'request' | 'response'>;
const ALL: readonly Reader[] = [
  ...Object.values(methods),
  ...Object.values(relay),
  ...Object.values(duty),
].filter((value) => typeof value === 'object');
const READERS = new Map(ALL.map((method) => [method.number, method]));

function bytesOf(hex: string): Uint8Array {
  const bytes = fromHex(hex);
  if (!bytes) throw new Error(`not hex: ${hex}`);
  return bytes;
}

function framesOf(bytes: Uint8Array): Frame[] {
  const frames: Frame[] = [];
  const decoder = new FrameDecoder({
    admit: () => 'keep',
    deliver: (frame) => {
      frames.push(frame);
      return undefined;
    },
  });
  void decoder.push(bytes);
  return frames;
}

function jsonOf(value: MetaValue): JsonMeta {
  if (value instanceof Uint8Array) return { hex: toHex(value) };
  if (Array.isArray(value)) return value.map(jsonOf);
  if (typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, jsonOf(item)]));
}

describe('the wire vectors', () => {
  const world = new World();
  let holder: TestHolder;
  beforeAll(async () => {
    holder = await world.holder();
  });
  afterAll(() => world.end());

  it('are what this program writes', () => {
    expect(vectors).toEqual(wireVectors());
  });

  it.each(vectors.frames)('decode: $name', ({ frame, kind, method, id, meta, payload }) => {
    const [decoded, ...more] = framesOf(bytesOf(frame));
    if (!decoded || more.length > 0) throw new Error('not one frame');
    expect([decoded.kind, decoded.method, decoded.id, toHex(decoded.payload)]).toEqual([
      kind,
      method,
      id,
      payload,
    ]);
    if (kind !== FRAME_ALIVE) expect(jsonOf(decodeMeta(decoded.meta))).toEqual(meta);
  });

  it.each(vectors.frames.filter(({ method }) => READERS.has(method)))(
    'are read by the method they belong to: $name',
    ({ kind, method, frame }) => {
      const [decoded] = framesOf(bytesOf(frame));
      const { request, response } = READERS.get(method) ?? {};
      const side = kind === FRAME_REQUEST ? request : response;
      if (kind === FRAME_ERROR || !decoded || !side) return;
      expect(side.read(decodeMeta(decoded.meta))).toEqual(decodeMeta(decoded.meta));
      expect(decoded.meta.length).toBeLessThanOrEqual(side.maxMetaBytes);
      expect(decoded.payload.length).toBeLessThanOrEqual(side.maxPayloadBytes);
    },
  );

  it('have the hash of their logs, in whatever order these are named', () => {
    const heads = vectors.logsHash.heads.map((one) => ({
      device: bytesOf(one.device),
      next: one.next,
      hash: bytesOf(one.hash),
    }));
    expect(toHex(logsHash(heads))).toBe(vectors.logsHash.hash);
    expect(toHex(logsHash(heads.toReversed()))).toBe(vectors.logsHash.hash);
  });

  it.each(vectors.signatures)('verify: $name', ({ publicKey, message, signature }) => {
    expect(verify(bytesOf(publicKey), bytesOf(message), bytesOf(signature))).toBe(true);
  });

  it.each(vectors.refused)('are refused on $protocol with $code: $name', async ({ protocol, sent, code }) => {
    const network = await world.node('client');
    await network.learn({ peer: holder.network.self, addresses: holder.network.addresses() });
    const stream = await network.open(
      holder.network.self,
      protocol === 'bulk' ? methods.BULK_PROTOCOL : methods.CONTROL_PROTOCOL,
    );
    const said: Uint8Array[] = [];
    stream.receive((bytes) => {
      said.push(bytes.slice());
      return undefined;
    });
    await stream.send([bytesOf(sent)]);
    await stream.ended;
    const last = framesOf(Buffer.concat(said)).at(-1);
    expect(last?.id).toBe(0);
    expect(decodeMeta(last?.meta ?? new Uint8Array(0))).toMatchObject({ code });
  });
});
