/** Fixed inputs of every format and of the keys, with what must come out: the content of test/vectors/format (C7). */
import { createHash } from 'node:crypto';
import { type ChunkSizes, DEFAULT_SIZES } from '../../src/chunker/chunk-sizes.ts';
import { Chunker } from '../../src/chunker/chunker.ts';
import { Slab } from '../../src/chunker/slab.ts';
import { boundaryDecision } from '../../src/crypto/boundary-prf.ts';
import { sealBody } from '../../src/crypto/chunk-cipher.ts';
import { contentIdOf } from '../../src/crypto/content-id.ts';
import { helloProof, receiptMessage } from '../../src/crypto/device-proof.ts';
import { sign } from '../../src/crypto/ed25519.ts';
import {
  machineTag,
  mdnsTag,
  prologueOf,
  storagePeersKey,
  vaultHoldersKey,
} from '../../src/crypto/mesh-keys.ts';
import { padmeLength } from '../../src/crypto/padme.ts';
import { boxId, wrap } from '../../src/crypto/passphrase-box.ts';
import { wordsOf } from '../../src/crypto/recovery-words.ts';
import { deriveVaultKeys } from '../../src/crypto/vault-keys.ts';
import { encodeAdvert } from '../../src/format/advert.ts';
import { encodeAnnouncement } from '../../src/format/announcement.ts';
import { encodeCertificate } from '../../src/format/certificate.ts';
import { encodeContentList } from '../../src/format/content-list.ts';
import { encodeHolderTable } from '../../src/format/holder-table.ts';
import { encodeIndex, type IndexedChunk } from '../../src/format/index-chunk.ts';
import { encodeLogEntry, entryHash } from '../../src/format/log-entry.ts';
import type { Sign } from '../../src/format/signed.ts';
import { encodeSnapshot, type Snapshot, snapshotId } from '../../src/format/snapshot.ts';
import { encodeTicket } from '../../src/format/ticket.ts';
import {
  encodeTreeNode,
  encodeTreePage,
  joinTreeNodes,
  type NodeMetadata,
} from '../../src/format/tree-page.ts';
import { concatBytes, toHex, utf8 } from '../../src/model/bytes.ts';
import { cidText, idText } from '../../src/model/ids.ts';
import { KiB, MiB } from '../../src/model/units.ts';
import { certificate, DEVICE, PEER_NAME, signDevice, signPeer, VAULT } from './arbitraries.ts';
import { invitations, restrictedCertificates, scopes, shares } from './keys-vectors.ts';
import { logRights } from './rights-vectors.ts';
import { avoidedMachines, memberLists, possession, recruitments, retirements } from './upkeep-vectors.ts';
import { bad, cbor, type FormatVector, fill, flipLast, good } from './vector.ts';

const SECRET = fill(0x11);
const KEYS = deriveVaultKeys(SECRET);
const signVault: Sign = (message) => sign(VAULT.privateKey, message);
const ref = (byte: number, offset: number, length: number) => ({ chunk: fill(byte), offset, length });
function metadata(name: Uint8Array): NodeMetadata {
  const mtime = { seconds: 1_700_000_000, nanoseconds: 123_456_789 };
  const ctime = { seconds: -1, nanoseconds: 999_999_999 };
  return { name, mode: 0o644, uid: 1000, gid: 100, mtime, ctime, inode: 42n };
}

const FILE = {
  ...metadata(utf8('b.txt')),
  type: 'file' as const,
  size: 30,
  content: [ref(1, 0, 10), ref(2, 5, 20)],
  indirect: false,
  sparse: false,
};
const DIRECTORY = {
  ...metadata(utf8('a')),
  type: 'directory' as const,
  mode: 0o1777,
  user: 'ada',
  group: 'staff',
  device: 2049n,
  pages: [ref(0xee, 7, 8), ref(3, 0, 100)],
};
const LINK = { ...metadata(utf8('c')), type: 'symlink' as const, target: utf8('../b.txt') };
const ODD = {
  ...FILE,
  name: Uint8Array.of(0xff, 0xfe),
  size: 5_000_000_000_000,
  content: [ref(4, 0, 400)],
  indirect: true,
  sparse: true,
  hardLink: '2049:42',
  inode: (1n << 64n) - 1n,
  xattrs: [
    { name: utf8('user.a'), value: new Uint8Array() },
    { name: utf8('user.b'), value: utf8('value') },
  ],
};

const SPECIALS = [
  { ...metadata(utf8('pipe')), type: 'fifo' as const, birth: { seconds: -2, nanoseconds: 5 } },
  { ...metadata(utf8('tty')), type: 'char-device' as const, number: { major: 4, minor: 64 } },
  {
    ...metadata(utf8('vda')),
    type: 'block-device' as const,
    number: { major: 259, minor: 0xf_ffff },
    birth: { seconds: 1_600_000_000, nanoseconds: 0 },
  },
];
const SPECIAL_FIELDS = { n: utf8('x'), m: 0, u: 0, g: 0, i: 1, M: [0, 0], C: [0, 0] };

function treePages(): FormatVector[] {
  const own = { ...DIRECTORY, pages: [{ chunk: undefined, offset: 7, length: 8 }, ref(3, 0, 100)] };
  const nodes = [DIRECTORY, FILE, LINK, ODD];
  const slash = cbor([
    1,
    [{ n: utf8('a/b'), t: 2, m: 0, u: 0, g: 0, i: 1, M: [0, 0], C: [0, 0], l: utf8('x') }],
  ]);
  return [
    good('no entries', [], encodeTreePage),
    good('all types; references by digest', nodes, encodeTreePage),
    good('pipes, devices and birth times', SPECIALS, encodeTreePage),
    bad('a device without a number', cbor([1, [{ ...SPECIAL_FIELDS, t: 4 }]])),
    bad('a pipe with a number', cbor([1, [{ ...SPECIAL_FIELDS, t: 3, r: [1, 3] }]])),
    bad('a device number of more than 32 bits', cbor([1, [{ ...SPECIAL_FIELDS, t: 5, r: [2 ** 32, 0] }]])),
    bad('a birth time of too many nanoseconds', cbor([1, [{ ...SPECIAL_FIELDS, t: 3, B: [0, 1e9] }]])),
    bad('a type that nobody knows', cbor([1, [{ ...SPECIAL_FIELDS, t: 6 }]])),
    {
      name: 'a page in the same bundle (self = ee..ee)',
      value: [DIRECTORY],
      bytes: encodeTreePage([own]),
      verdict: 'ok',
    },
    bad('a name with a slash', slash),
    bad('names out of order', joinTreeNodes([encodeTreeNode(FILE), encodeTreeNode(DIRECTORY)])),
    bad('a name twice', joinTreeNodes([encodeTreeNode(FILE), encodeTreeNode(FILE)])),
    bad('a byte too many', concatBytes(encodeTreePage(nodes), Uint8Array.of(0))),
    bad('a later version', cbor([2, []]), 'unsupported-version'),
  ];
}

const INDEX: IndexedChunk[] = [
  {
    digest: fill(1),
    kind: 1,
    blobs: [
      { id: fill(9, 20), length: 100 },
      { id: fill(8, 20), length: 200 },
    ],
  },
  { digest: fill(2), kind: 2, blobs: [] },
];
const SNAPSHOT: Snapshot = {
  time: 1_700_000_000_000,
  host: 'laptop',
  user: 'ada',
  paths: [utf8('/home/ada'), Uint8Array.of(0x2f, 0xff)],
  tags: ['daily', 'größer'],
  root: [ref(5, 0, 300)],
  stats: { files: 3, directories: 2, links: 1, bytes: 5_000_000_000 },
  device: DEVICE.publicKey,
  program: 'vault-mesh 0.1.0',
  parent: '0'.repeat(63).concat('1'),
};
const FIRST = {
  vault: VAULT.publicKey,
  device: DEVICE.publicKey,
  sequence: 0,
  certificate,
  adds: [{ digest: fill(1), size: 1024 }],
  drops: [],
  announcement: fill(0xaa, 60),
};
const FIRST_BYTES = encodeLogEntry(FIRST, signDevice);
const DROPPING = {
  vault: VAULT.publicKey,
  device: DEVICE.publicKey,
  sequence: 1,
  previous: entryHash(FIRST_BYTES),
  adds: [],
  drops: [fill(1)],
};
const CERTIFICATE = {
  vault: VAULT.publicKey,
  device: DEVICE.publicKey,
  name: 'laptop',
  created: 1_700_000_000_000,
};
const TABLE = {
  vault: VAULT.publicKey,
  version: 3,
  copies: 3,
  members: [{ peer: PEER_NAME, weight: 100, zone: 'home' }],
};
const ADVERT = {
  peer: PEER_NAME,
  name: 'nas',
  zone: 'home',
  machine: '0123456789abcdef',
  capacityBytes: 50_000_000_000,
  freeBytes: 40_000_000_000,
  version: '0.1.0',
  uptimeShare: 0.9876,
  issuedAt: 1_700_000_000_000,
  accepting: true,
};
const TICKET = { secret: fill(4), addresses: [`/ip4/192.0.2.7/tcp/4001/p2p/${PEER_NAME}`] };
const ticketBytes = (ticket: typeof TICKET): Uint8Array => utf8(encodeTicket(ticket));

/** File name -> the row of formats.ts that reads it, and its vectors. */
export const FORMAT_FILES: Readonly<Record<string, { row: string; vectors: () => FormatVector[] }>> = {
  'tree-page': { row: 'tree page', vectors: treePages },
  'content-list': {
    row: 'content list',
    vectors: () => [
      good('two references', [ref(1, 0, 1), ref(2, 4_194_303, 1)], encodeContentList),
      bad('a reference past 4 MiB', cbor({ v: 1, c: concatBytes(fill(1), fill(0xff, 8)) })),
      bad('a torn reference', cbor({ v: 1, c: fill(1, 39) })),
    ],
  },
  index: {
    row: 'index',
    vectors: () => [
      good('two chunks', INDEX, encodeIndex),
      bad('an unknown kind', cbor({ v: 2, c: [[fill(1), 6, fill(0, 0)]] })),
      bad('a blob of no bytes', cbor({ v: 2, c: [[fill(1), 1, fill(0, 24)]] })),
      good(
        'a chunk of version 1, whose content ids say nothing',
        [{ digest: fill(1), kind: 1, blobs: [] }],
        () => cbor({ v: 1, c: [[fill(1), 1, concatBytes(fill(0, 20), Uint8Array.of(0, 0, 0, 9))]] }),
      ),
    ],
  },
  snapshot: {
    row: 'snapshot',
    vectors: () => [
      good(`id ${snapshotId(encodeSnapshot(SNAPSHOT))}`, SNAPSHOT, encodeSnapshot),
      bad('an unknown field', cbor({ v: 1, x: 1 })),
      good('one that brings back another', { ...SNAPSHOT, original: 'ab'.repeat(32) }, encodeSnapshot),
    ],
  },
  announcement: {
    row: 'announcement',
    vectors: () => [
      good('a snapshot', { snapshot: SNAPSHOT, index: [fill(1), fill(2)], forgets: [] }, encodeAnnouncement),
      good('a forgotten one', { index: [], forgets: ['ab'.repeat(32)] }, encodeAnnouncement),
    ],
  },
  certificate: {
    row: 'device certificate',
    vectors: () => [
      good('signed by its vault', CERTIFICATE, (value) => encodeCertificate(value, signVault)),
      bad('signed by the device', encodeCertificate(CERTIFICATE, signDevice), 'forgery'),
      ...restrictedCertificates(),
    ],
  },
  'log-entry': {
    row: 'log entry',
    vectors: () => [
      good(`the first; hash ${toHex(entryHash(FIRST_BYTES))}`, FIRST, (value) =>
        encodeLogEntry(value, signDevice),
      ),
      good('a drop, signed twice', DROPPING, (value) => encodeLogEntry(value, signDevice, signVault)),
      bad('a drop signed by the device twice', encodeLogEntry(DROPPING, signDevice, signDevice), 'forgery'),
      bad('a signature with one bit changed', flipLast(FIRST_BYTES), 'forgery'),
      ...retirements(),
    ],
  },
  'holder-table': {
    row: 'holder table',
    vectors: () => [
      good('one member', TABLE, (value) => encodeHolderTable(value, signVault)),
      bad('signed by a device', encodeHolderTable(TABLE, signDevice), 'forgery'),
      ...avoidedMachines(),
    ],
  },
  invitation: { row: 'invitation', vectors: invitations },
  recruitment: { row: 'recruitment', vectors: recruitments },
  'member-list': { row: 'member list', vectors: memberLists },
  advert: {
    row: 'peer advert',
    vectors: () => [
      good('one peer', ADVERT, (value) => encodeAdvert(value, signPeer)),
      bad('signed by another', encodeAdvert(ADVERT, signDevice), 'forgery'),
    ],
  },
  ticket: {
    row: 'ticket',
    vectors: () => [
      good('one address (bytes are ASCII)', TICKET, ticketBytes),
      bad('cut off', ticketBytes(TICKET).subarray(0, -9), 'bad-ticket'),
    ],
  },
};

const PLAIN = utf8('the same line again and again\n'.repeat(20));
/** Made once by zstd 1.5.7 at level 3; another zstd may make other bytes, which seal to another chunk. */
const ZSTD = '28b52ffd605801150100c07468652073616d65206c696e6520616761696e20616e640a02003782aa6287d204';

function sealedChunks(): unknown[] {
  const raw = (plain: Uint8Array) => ({ flags: 0 as const, plainLength: plain.length, bytes: plain });
  const zstd = {
    flags: 1 as const,
    plainLength: PLAIN.length,
    bytes: Uint8Array.from(Buffer.from(ZSTD, 'hex')),
  };
  const cases = [
    { name: 'one byte', kind: 1, body: raw(fill(0, 1)), plain: fill(0, 1) },
    { name: 'text as it is', kind: 1, body: raw(PLAIN), plain: PLAIN },
    { name: 'text in zstd', kind: 1, body: zstd, plain: PLAIN },
    { name: 'the same as a tree', kind: 2, body: zstd, plain: PLAIN },
  ];
  return cases.map(({ name, kind, body, plain }) => {
    const { bytes, digest } = sealBody(KEYS, kind, body);
    return { name, secret: SECRET, kind, body: body.bytes, flags: body.flags, plain, sealed: bytes, digest };
  });
}

function keys(): unknown {
  return {
    secret: SECRET,
    words: wordsOf(SECRET),
    vault: KEYS.vault,
    vaultText: idText(KEYS.vault),
    chunkSeed: KEYS.chunkSeed.key,
    chunkKey: new Uint8Array(KEYS.chunkKey.export()),
    contentId: KEYS.contentId.key,
    chunker: KEYS.chunker.key,
    contentIdOfPlain: { kind: 1, plain: PLAIN, id: contentIdOf(KEYS, 1, PLAIN) },
    decision: { window: fill(5, 64), number: boundaryDecision(KEYS)(fill(5, 64)) },
    cid: { digest: fill(1), text: cidText(fill(1)) },
    padme: [60, 100, 1000, 65_537, 1_048_634, 4_194_362].map((length) => [length, padmeLength(length)]),
  };
}

function mesh(): unknown {
  const secret = fill(0x22);
  const facts = { vault: VAULT.publicKey, holder: PEER_NAME, client: 'client' };
  const cost = { memoryKiB: 64, passes: 1, parallelism: 1 };
  const box = wrap('correct horse', SECRET, { bytes: (length) => fill(6, length) }, cost);
  return {
    secret,
    vault: VAULT.publicKey,
    storagePeers: storagePeersKey(secret),
    vaultHolders: vaultHoldersKey(secret, VAULT.publicKey),
    prologue: prologueOf(secret),
    mdns: mdnsTag(secret),
    machine: { id: 'abc', tag: machineTag(secret, 'abc') },
    hello: { ...facts, device: DEVICE.publicKey, proof: helloProof(DEVICE.privateKey, facts) },
    receipt: {
      vault: VAULT.publicKey,
      digest: fill(1),
      size: 1024,
      message: receiptMessage(VAULT.publicKey, fill(1), 1024),
    },
    box,
    boxId: boxId(box),
    boxPassphrase: 'correct horse',
  };
}

/** Block i of the stream: sha2-256("vault-mesh-vector" | i as u32be). */
function stream(length: number): Uint8Array {
  const out = new Uint8Array(length);
  for (let i = 0; i * 32 < length; i++) {
    const counter = Uint8Array.of(i >>> 24, i >>> 16, i >>> 8, i);
    out.set(
      createHash('sha256')
        .update('vault-mesh-vector')
        .update(counter)
        .digest()
        .subarray(0, length - i * 32),
      i * 32,
    );
  }
  return out;
}

function cuts(): unknown[] {
  const small: ChunkSizes = { min: 1 * KiB, average: 8 * KiB, max: 32 * KiB };
  return [
    { length: 128 * KiB, sizes: small },
    { length: 6 * MiB, sizes: DEFAULT_SIZES },
  ].map(({ length, sizes }) => {
    const chunker = new Chunker(new Slab(length), boundaryDecision(KEYS), sizes);
    chunker.room().set(stream(length));
    const pieces = [...chunker.take(length), chunker.finish()];
    const lengths = pieces.flatMap((piece) => (piece ? [piece.end - piece.start] : []));
    return { secret: SECRET, streamLength: length, sizes, lengths };
  });
}

/** Files that are tables of inputs and outputs. */
export const TABLE_FILES: Readonly<Record<string, () => unknown>> = {
  'sealed-chunk': sealedChunks,
  keys,
  mesh,
  possession,
  cuts,
  shares: () => shares(SECRET),
  scopes: () => scopes(SECRET),
  'log-rights': logRights,
};
