/** Random values of every stored type, within the bounds of the format. */
import fc from 'fast-check';
import { type KeyPair, keyPairOfSeed, sign } from '../../src/crypto/ed25519.ts';
import { peerNameOfKey } from '../../src/crypto/peer-key.ts';
import type { Advert } from '../../src/format/advert.ts';
import type { Announcement } from '../../src/format/announcement.ts';
import type { BlobRef } from '../../src/format/blob-ref.ts';
import type { DeviceCertificate } from '../../src/format/certificate.ts';
import { encodeCertificate } from '../../src/format/certificate.ts';
import type { HolderTable } from '../../src/format/holder-table.ts';
import type { IndexedChunk } from '../../src/format/index-chunk.ts';
import type { Invitation, InvitationBox } from '../../src/format/invitation.ts';
import type { LogEntry, Retirement } from '../../src/format/log-entry.ts';
import type { MemberList } from '../../src/format/member-list.ts';
import type { Recruitment } from '../../src/format/recruitment.ts';
import type { Sign } from '../../src/format/signed.ts';
import type { Snapshot } from '../../src/format/snapshot.ts';
import type { Ticket } from '../../src/format/ticket.ts';
import { nameFault, type TreeNode } from '../../src/format/tree-page.ts';
import { compareBytes, toHex, utf8 } from '../../src/model/bytes.ts';
import { MAX_PLAIN_BYTES, MAX_SEALED_BYTES } from '../../src/model/chunk-limits.ts';

export const VAULT: KeyPair = keyPairOfSeed(new Uint8Array(32).fill(1));
export const DEVICE: KeyPair = keyPairOfSeed(new Uint8Array(32).fill(2));
export const PEER: KeyPair = keyPairOfSeed(new Uint8Array(32).fill(3));
export const PEER_NAME: string = peerNameOfKey(PEER.publicKey);
export const signVault: Sign = (message) => sign(VAULT.privateKey, message);
export const signDevice: Sign = (message) => sign(DEVICE.privateKey, message);
export const signPeer: Sign = (message) => sign(PEER.privateKey, message);

const bytesOf = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });
export const digests: fc.Arbitrary<Uint8Array> = bytesOf(32);
const counts = fc.maxSafeNat();
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const texts = fc.string({ unit: 'binary', maxLength: 40 });
const lines = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 40 });

export const blobRefs: fc.Arbitrary<BlobRef> = fc
  .record({
    chunk: digests,
    offset: fc.integer({ min: 0, max: MAX_PLAIN_BYTES - 1 }),
    wish: fc.integer({ min: 1, max: MAX_PLAIN_BYTES }),
  })
  .map(({ chunk, offset, wish }) => ({ chunk, offset, length: Math.min(wish, MAX_PLAIN_BYTES - offset) }));

const timestamps = fc.record({
  seconds: fc.maxSafeInteger(),
  nanoseconds: fc.integer({ min: 0, max: 999_999_999 }),
});
const wide = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
const names = fc.uint8Array({ minLength: 1, maxLength: 20 }).filter((name) => nameFault(name) === undefined);

const xattrs = fc
  .uniqueArray(
    fc.record({
      name: fc.uint8Array({ minLength: 1, maxLength: 255 }).filter((name) => !name.includes(0)),
      value: fc.uint8Array({ maxLength: 50 }),
    }),
    { minLength: 1, maxLength: 4, selector: ({ name }) => Buffer.from(name).toString('hex') },
  )
  .map((list) => list.sort((a, b) => Buffer.compare(a.name, b.name)));

const metadata = fc.record(
  {
    name: names,
    mode: fc.integer({ min: 0, max: 0o7777 }),
    uid: u32,
    gid: u32,
    user: texts,
    group: texts,
    mtime: timestamps,
    ctime: timestamps,
    birth: timestamps,
    inode: wide,
    device: wide,
    xattrs,
  },
  { requiredKeys: ['name', 'mode', 'uid', 'gid', 'mtime', 'ctime', 'inode'] },
);
const fileParts = fc.record(
  { content: fc.array(blobRefs, { maxLength: 5 }), sparse: fc.boolean(), hardLink: texts },
  { requiredKeys: ['content', 'sparse'] },
);
const files = fc.tuple(metadata, fileParts, fc.boolean(), counts).map(([common, parts, indirect, size]) => {
  const listed = indirect && parts.content.length > 0;
  const sum = parts.content.reduce((total, ref) => total + ref.length, 0);
  return { ...common, ...parts, type: 'file' as const, indirect: listed, size: listed ? size : sum };
});
const directories = fc
  .tuple(metadata, fc.array(blobRefs, { maxLength: 4 }))
  .map(([common, pages]) => ({ ...common, type: 'directory' as const, pages }));
const links = fc
  .tuple(metadata, fc.uint8Array({ minLength: 1, maxLength: 60 }))
  .filter(([, target]) => !target.includes(0))
  .map(([common, target]) => ({ ...common, type: 'symlink' as const, target }));

const pipes = metadata.map((common) => ({ ...common, type: 'fifo' as const }));
const devices = fc
  .tuple(metadata, fc.constantFrom('char-device', 'block-device'), fc.record({ major: u32, minor: u32 }))
  .map(([common, type, number]) => ({ ...common, type, number }));

export const treeNodes: fc.Arbitrary<TreeNode[]> = fc
  .uniqueArray(fc.oneof(files, directories, links, pipes, devices), {
    maxLength: 30,
    selector: (node) => toHex(node.name),
  })
  .map((nodes) => nodes.toSorted((a, b) => compareBytes(a.name, b.name)));

export const indexes: fc.Arbitrary<IndexedChunk[]> = fc.array(
  fc.record({
    digest: digests,
    kind: fc.constantFrom(1, 2, 3, 4, 5),
    blobs: fc.array(fc.record({ id: bytesOf(20), length: fc.integer({ min: 1, max: 400_000 }) }), {
      maxLength: 10,
    }),
  }),
  { maxLength: 10 },
);

const ids = digests.map(toHex);
export const snapshots: fc.Arbitrary<Snapshot> = fc.record(
  {
    time: counts,
    host: texts,
    user: texts,
    paths: fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 4 }),
    tags: fc.array(texts, { maxLength: 4 }),
    root: fc.array(blobRefs, { maxLength: 4 }),
    stats: fc.record({ files: counts, directories: counts, links: counts, bytes: counts }),
    parent: ids,
    original: ids,
    device: digests,
    program: texts,
  },
  { requiredKeys: ['time', 'host', 'user', 'paths', 'tags', 'root', 'stats', 'device', 'program'] },
);

export const announcements: fc.Arbitrary<Announcement> = fc.record(
  {
    snapshot: snapshots,
    index: fc.array(digests, { maxLength: 6 }),
    forgets: fc.array(ids, { maxLength: 6 }),
  },
  { requiredKeys: ['index', 'forgets'] },
);

const rights = fc.oneof(
  fc.constant({}),
  fc.constant({ role: 'keeper' as const }),
  bytesOf(16).map((scope) => ({ role: 'append-only' as const, scope })),
);

export const certificates: fc.Arbitrary<DeviceCertificate> = fc
  .record({
    vault: fc.constant(VAULT.publicKey),
    device: fc.constant(DEVICE.publicKey),
    name: lines,
    created: counts,
  })
  .chain((said) => rights.map((more) => ({ ...said, ...more })));

export const invitations: fc.Arbitrary<Invitation> = fc.record(
  {
    seed: bytesOf(32),
    certificate: fc.uint8Array({ minLength: 1, maxLength: 1024 }),
    contentKeys: bytesOf(128),
    ticket: texts,
    copies: fc.integer({ min: 1, max: 32 }),
  },
  { requiredKeys: ['seed', 'certificate', 'ticket', 'copies'] },
);

export const invitationBoxes: fc.Arbitrary<InvitationBox> = fc.record({
  memoryKiB: u32,
  passes: u32,
  parallelism: u32,
  salt: bytesOf(16),
  nonce: bytesOf(12),
  sealed: fc.uint8Array({ maxLength: 300 }),
});

export const certificate: Uint8Array = encodeCertificate(
  { vault: VAULT.publicKey, device: DEVICE.publicKey, name: 'laptop', created: 1_700_000_000_000 },
  signVault,
);

const retirements: fc.Arbitrary<Retirement> = fc.oneof(
  fc.record({ device: digests, next: fc.constant(0) }),
  fc.record({ device: digests, next: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), hash: digests }),
);

export const logEntries: fc.Arbitrary<LogEntry> = fc
  .tuple(
    fc.oneof(fc.constant(0), counts),
    digests,
    fc.record(
      {
        adds: fc.array(fc.record({ digest: digests, size: fc.integer({ min: 1, max: MAX_SEALED_BYTES }) }), {
          maxLength: 8,
        }),
        drops: fc.array(digests, { maxLength: 3 }),
        retires: retirements,
        announcement: fc.uint8Array({ minLength: 1, maxLength: 100 }),
      },
      { requiredKeys: ['adds', 'drops'] },
    ),
  )
  .map(([sequence, previous, rest]) => ({
    vault: VAULT.publicKey,
    device: DEVICE.publicKey,
    sequence,
    ...(sequence === 0 ? { certificate } : { previous }),
    ...rest,
  }));

export const holderTables: fc.Arbitrary<HolderTable> = fc.record(
  {
    vault: fc.constant(VAULT.publicKey),
    version: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    copies: fc.integer({ min: 1, max: 32 }),
    members: fc
      .uniqueArray(
        fc.record({
          peer: digests.map(peerNameOfKey),
          weight: fc.integer({ min: 1, max: 0xffff_ffff }),
          zone: lines,
        }),
        { maxLength: 10, selector: (member) => member.peer },
      )
      .map((members) => members.toSorted((a, b) => (a.peer < b.peer ? -1 : 1))),
    avoid: fc
      .uniqueArray(lines, { minLength: 1, maxLength: 4 })
      .map((tags) => tags.toSorted((a, b) => compareBytes(utf8(a), utf8(b)))),
  },
  { requiredKeys: ['vault', 'version', 'copies', 'members'] },
);

export const recruitments: fc.Arbitrary<Recruitment> = fc.record({
  vault: fc.constant(VAULT.publicKey),
  peer: digests.map(peerNameOfKey),
  zone: lines,
  weight: fc.integer({ min: 1, max: 0xffff_ffff }),
  by: fc.constant(PEER_NAME),
});

export const memberLists: fc.Arbitrary<MemberList> = fc.record({
  table: fc.option(fc.uint8Array({ minLength: 1, maxLength: 60 }), { nil: undefined }),
  recruits: fc
    .uniqueArray(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 6, selector: toHex })
    .map((recruits) => recruits.toSorted(compareBytes)),
});

export const adverts: fc.Arbitrary<Advert> = fc.record({
  peer: fc.constant(PEER_NAME),
  name: lines,
  zone: lines,
  machine: lines,
  capacityBytes: counts,
  freeBytes: counts,
  version: lines,
  uptimeShare: fc.integer({ min: 0, max: 10_000 }).map((steps) => steps / 10_000),
  issuedAt: counts,
  accepting: fc.boolean(),
});

export const tickets: fc.Arbitrary<Ticket> = fc.record({
  secret: digests,
  addresses: fc.array(
    fc.integer({ min: 1, max: 65_535 }).map((port) => `/ip4/192.0.2.7/tcp/${port}/p2p/${PEER_NAME}`),
    { maxLength: 5 },
  ),
});
