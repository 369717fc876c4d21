/** The vectors of docs/spec/wire.md: `node test/protocol/wire-vectors.ts` writes them, wire-vectors.test.ts checks the file. */
import { writeFileSync } from 'node:fs';
import {
  helloMessage,
  passedReceiptMessage,
  permitMessage,
  receiptMessage,
} from '../../src/crypto/device-proof.ts';
import { digestOf } from '../../src/crypto/digest.ts';
import { keyPairOfSeed, sign } from '../../src/crypto/ed25519.ts';
import { peerNameOfKey } from '../../src/crypto/peer-key.ts';
import { possessionProof } from '../../src/crypto/possession.ts';
import { encodeMemberList } from '../../src/format/member-list.ts';
import { concatBytes, toHex, utf8 } from '../../src/model/bytes.ts';
import { packEntries } from '../../src/protocol/entry-list.ts';
import { FRAME_ALIVE, FRAME_ERROR, FRAME_REQUEST, FRAME_RESPONSE } from '../../src/protocol/frames.ts';
import { logsHash } from '../../src/protocol/logs-hash.ts';
import type { MetaMap, MetaValue } from '../../src/protocol/meta.ts';
import { rawFrame } from './stream-pair.ts';

/** Byte strings as {"hex": "..."}. */
export type JsonMeta = string | number | boolean | { readonly [key: string]: JsonMeta } | readonly JsonMeta[];

export interface FrameVector {
  readonly name: string;
  readonly kind: number;
  readonly method: number;
  readonly id: number;
  readonly meta: JsonMeta;
  readonly payload: string;
  readonly frame: string;
}

export interface RefusedVector {
  readonly name: string;
  readonly protocol: 'control' | 'bulk';
  /** What a client sends as the first bytes of a stream. */
  readonly sent: string;
  /** The code of the error of request 0 that answers it. */
  readonly code: string;
}

export interface SignatureVector {
  readonly name: string;
  readonly seed: string;
  readonly publicKey: string;
  readonly message: string;
  readonly signature: string;
}

export interface WireVectors {
  readonly frames: readonly FrameVector[];
  readonly refused: readonly RefusedVector[];
  readonly signatures: readonly SignatureVector[];
  readonly logsHash: {
    readonly heads: readonly { readonly device: string; readonly next: number; readonly hash: string }[];
    readonly hash: string;
  };
}

export const VECTOR_FILE: URL = new URL('../vectors/wire/wire.json', import.meta.url);

const seedOf = (n: number): Uint8Array => new Uint8Array(32).fill(n);
const owner = keyPairOfSeed(seedOf(1));
const device = keyPairOfSeed(seedOf(2));
const holder = keyPairOfSeed(seedOf(3));
const client = keyPairOfSeed(seedOf(4));
const vault = owner.publicKey;
const chunk = utf8('these bytes stand for a sealed chunk');
const digest = digestOf(chunk);

function jsonOf(value: MetaValue): JsonMeta {
  if (value instanceof Uint8Array) return { hex: toHex(value) };
  if (Array.isArray(value)) return value.map(jsonOf);
  if (typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, jsonOf(item)]));
}

function frame(
  name: string,
  kind: number,
  method: number,
  id: number,
  meta: MetaMap = {},
  payload: Uint8Array = new Uint8Array(0),
): FrameVector {
  const bytes = rawFrame({ kind, method, id, meta, payload });
  return { name, kind, method, id, meta: jsonOf(meta), payload: toHex(payload), frame: toHex(bytes) };
}

function signature(name: string, seed: number, message: Uint8Array): SignatureVector {
  const { publicKey, privateKey } = keyPairOfSeed(seedOf(seed));
  return {
    name,
    seed: toHex(seedOf(seed)),
    publicKey: toHex(publicKey),
    message: toHex(message),
    signature: toHex(sign(privateKey, message)),
  };
}

/** Two logs, not in the order of their keys. */
const heads = [
  { device: seedOf(9), next: 1, hash: seedOf(8) },
  { device: device.publicKey, next: 300, hash: digestOf(utf8('entry eight')) },
];
const memberList = encodeMemberList({ table: utf8('a table'), recruits: [utf8('two'), utf8('one')] });
const table = new Uint8Array(2048).fill(0x5a);
const compared = {
  known: true,
  members: digestOf(memberList),
  logs: logsHash(heads),
  holdings: digestOf(table),
  declines: Uint8Array.from({ length: 32 }, (_, i) => (i === 1 ? 0b100 : 0)),
  accepting: true,
  missing: 2,
  missingMs: 60_000,
  accuses: [peerNameOfKey(client.publicKey)],
  silent: [{ peer: peerNameOfKey(client.publicKey), silentMs: 300_000_000, lost: true }],
};
const proof = possessionProof({
  nonce: seedOf(6),
  vault,
  digest,
  prover: peerNameOfKey(holder.publicKey),
  bytes: chunk,
});

const route = [peerNameOfKey(holder.publicKey), peerNameOfKey(keyPairOfSeed(seedOf(5)).publicKey)];
const passed = { vault, digest, sizeBytes: chunk.length, nonce: seedOf(7).slice(0, 16) };

function frames(): FrameVector[] {
  const entries = packEntries([utf8('entry 7'), utf8('entry eight')]);
  const head = { device: device.publicKey, next: 9, hash: digestOf(utf8('entry eight')) };
  const receipt = sign(holder.privateKey, receiptMessage(vault, digest, chunk.length));
  const permit = sign(device.privateKey, permitMessage({ ...passed, route }));
  const kept = { peer: route[0] ?? '', receipt: sign(holder.privateKey, passedReceiptMessage(passed)) };
  const full = { peer: route[1] ?? '', code: 'no-space' };
  const way = { vault, digest, route, nonce: passed.nonce, permit };
  const ask = (name: string, method: number, meta: MetaMap, payload?: Uint8Array): FrameVector =>
    frame(`${name}, asked`, FRAME_REQUEST, method, 1, meta, payload);
  const say = (name: string, method: number, meta: MetaMap, payload?: Uint8Array): FrameVector =>
    frame(`${name}, answered`, FRAME_RESPONSE, method, 1, meta, payload);
  return [
    ask('info', 2, {}),
    ask('ping', 3, {}),
    say('ping', 3, {}),
    ask('put', 16, { vault, digest }, chunk),
    say('put', 16, { receipt }),
    ask('spread', 19, way, chunk),
    say('spread', 19, { kept: [kept, full], waitMs: 40 }),
    ask('carry', 20, { ...way, certificate: utf8('an encoded certificate') }, chunk),
    say('carry', 20, { kept: [full], waitMs: 7 }),
    ask('get', 17, { vault, digest }),
    say('get', 17, { found: true }, chunk),
    frame('get of an absent chunk, answered', FRAME_RESPONSE, 17, 0xffff_ffff, { found: false }),
    ask('has', 18, { vault }, concatBytes(digest, seedOf(9))),
    say('has', 18, {}, Uint8Array.of(1, 0)),
    ask('log-heads', 32, { vault }),
    say('log-heads', 32, { heads: [head] }),
    ask('log-read', 33, { vault, device: device.publicKey, from: 7 }),
    say('log-read', 33, {}, entries),
    ask('log-append', 34, { vault }, utf8('an encoded log entry')),
    say('log-append', 34, { added: true }),
    ask('table-read', 35, { vault }),
    say('table-read', 35, { found: false }),
    ask('table-write', 36, { vault }, utf8('an encoded holder table')),
    say('table-write', 36, { stored: true }),
    ask('vault-usage', 40, { vault }),
    say('vault-usage', 40, { chunks: 3, bytes: 5_000_000_000 }),
    ask('has, the trash too', 18, { vault, trash: true }, digest),
    ask('members', 37, { vault }),
    say('members', 37, {}, memberList),
    ask('invite', 38, { vault }, memberList),
    say('invite', 38, { accepted: true }),
    ask('compare', 48, { vault, members: digestOf(memberList), logs: logsHash(heads), seen: seedOf(0) }),
    say('compare', 48, compared, table),
    ask('compare, nothing new', 48, { vault, members: seedOf(7), logs: seedOf(8), seen: digestOf(table) }),
    say('compare, nothing new', 48, { ...compared, accuses: [], silent: [] }),
    ask('prove', 49, { vault, nonce: seedOf(6), group: 0, pledge: false }, concatBytes(digest, seedOf(9))),
    say('prove', 49, { pledged: false }, concatBytes(proof, seedOf(0))),
    ask('prove, with a pledge', 49, { vault, nonce: seedOf(6), group: digest[0] ?? 0, pledge: true }, digest),
    say('prove, with a pledge', 49, { pledged: true }, proof),
    say('compare, with what holders say of their repair', 48, { ...compared, unavailable: 1, braked: true }),
    frame('put refused', FRAME_ERROR, 16, 1, { code: 'no-space', message: 'the capacity is used up' }),
    frame('the stream is refused', FRAME_ERROR, 0, 0, {
      code: 'bad-frame',
      message: 'request id 1 does not follow 1',
    }),
  ];
}

function refused(): RefusedVector[] {
  const get = { method: 17, id: 1, meta: { vault, digest } };
  const one = (
    name: string,
    sent: Uint8Array | string,
    code = 'bad-frame',
    protocol: 'control' | 'bulk' = 'bulk',
  ): RefusedVector => ({
    name,
    protocol,
    sent: typeof sent === 'string' ? sent : toHex(sent),
    code,
  });
  return [
    one('length of 4 GiB', 'ffffffff00110000000100000047'),
    one('length 9, less than a head', '0000000900030000000100000000', 'bad-frame', 'control'),
    one('meta data longer than the frame', '0000000c00030000000100000003', 'bad-frame', 'control'),
    one(
      'a ping with a payload',
      rawFrame({ method: 3, id: 1, payload: Uint8Array.of(0) }),
      'bad-frame',
      'control',
    ),
    one('ping on bulk', rawFrame({ method: 3, id: 1 })),
    one('get on control', rawFrame(get), 'bad-frame', 'control'),
    one('an unknown method', rawFrame({ method: 255, id: 1 })),
    one('a response', rawFrame({ ...get, kind: FRAME_RESPONSE })),
    one('request id 0', rawFrame({ ...get, id: 0 })),
    one('the same request id twice', concatBytes(rawFrame(get), rawFrame(get))),
    one(
      'put before hello',
      rawFrame({ method: 16, id: 1, meta: { vault, digest }, payload: chunk }),
      'denied',
    ),
    one('meta data: a list', rawFrame({ method: 17, id: 1, meta: Uint8Array.of(0x80) })),
    one(
      'meta data: keys out of order',
      rawFrame({ method: 17, id: 1, meta: Uint8Array.of(0xa2, 0x61, 0x62, 1, 0x61, 0x61, 1) }),
    ),
    one('meta data: a field is missing', rawFrame({ method: 17, id: 1, meta: { vault } })),
    one(
      'meta data: a vault id of 31 bytes',
      rawFrame({ method: 17, id: 1, meta: { vault: vault.slice(1), digest } }),
    ),
    one(
      'a compare without what was seen',
      rawFrame({ method: 48, id: 1, meta: { vault, members: digest, logs: digest } }),
      'bad-frame',
      'control',
    ),
    one(
      'a prove of group 256',
      rawFrame({ method: 49, id: 1, meta: { vault, nonce: digest, group: 256, pledge: false } }),
      'bad-frame',
      'control',
    ),
    one(
      'a prove of 65 chunks',
      rawFrame({
        method: 49,
        id: 1,
        meta: { vault, nonce: digest, group: 0, pledge: false },
        payload: new Uint8Array(65 * 32),
      }),
      'bad-frame',
      'control',
    ),
    one(
      'a has whose "trash" is a number',
      rawFrame({ method: 18, id: 1, meta: { vault, trash: 1 } }),
      'bad-frame',
      'control',
    ),
    one('meta data: 200 nested lists', rawFrame({ method: 17, id: 1, meta: new Uint8Array(200).fill(0x81) })),
  ];
}

export function wireVectors(): WireVectors {
  const facts = { vault, holder: peerNameOfKey(holder.publicKey), client: peerNameOfKey(client.publicKey) };
  const alive: FrameVector = {
    ...frame('alive', FRAME_ALIVE, 0, 0),
    frame: toHex(rawFrame({ kind: FRAME_ALIVE, method: 0, id: 0, meta: new Uint8Array(0) })),
  };
  return {
    frames: [...frames(), alive],
    refused: refused(),
    signatures: [
      signature(`hello of a device to ${facts.holder} from ${facts.client}`, 2, helloMessage(facts)),
      signature(
        'receipt of a holder for the chunk of the frame "put, asked"',
        3,
        receiptMessage(vault, digest, chunk.length),
      ),
      signature(
        'permit of a device for the chunk of the frame "spread, asked"',
        2,
        permitMessage({ ...passed, route }),
      ),
      signature('receipt of a holder for that chunk', 3, passedReceiptMessage(passed)),
    ],
    logsHash: {
      heads: heads.map((one) => ({ ...one, device: toHex(one.device), hash: toHex(one.hash) })),
      hash: toHex(logsHash(heads)),
    },
  };
}

if (import.meta.main) writeFileSync(VECTOR_FILE, `${JSON.stringify(wireVectors(), null, 1)}\n`);
