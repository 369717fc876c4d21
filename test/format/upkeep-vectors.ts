/** Vectors of what keeps a vault alive without its owner: recruitments, member lists, retirements, proofs (R2-R4, L4). */
import { digestOf } from '../../src/crypto/digest.ts';
import { keyPairOfSeed } from '../../src/crypto/ed25519.ts';
import { peerNameOfKey } from '../../src/crypto/peer-key.ts';
import { possessionProof } from '../../src/crypto/possession.ts';
import { encodeHolderTable, type HolderTable } from '../../src/format/holder-table.ts';
import { encodeLogEntry } from '../../src/format/log-entry.ts';
import { encodeMemberList, type MemberList, membersHash } from '../../src/format/member-list.ts';
import { encodeRecruitment, type Recruitment } from '../../src/format/recruitment.ts';
import { encodeSigned } from '../../src/format/signed.ts';
import { compareBytes, toHex, utf8 } from '../../src/model/bytes.ts';
import { certificate, DEVICE, PEER_NAME, signDevice, signPeer, signVault, VAULT } from './arbitraries.ts';
import { bad, cbor, type FormatVector, fill, flipLast, good } from './vector.ts';

const RECRUIT_NAME = peerNameOfKey(keyPairOfSeed(fill(4)).publicKey);
const RECRUITMENT: Recruitment = {
  vault: VAULT.publicKey,
  peer: RECRUIT_NAME,
  zone: 'cellar',
  weight: 50,
  by: PEER_NAME,
};
const TABLE = encodeHolderTable(
  {
    vault: VAULT.publicKey,
    version: 3,
    copies: 3,
    members: [{ peer: PEER_NAME, weight: 100, zone: 'home' }],
  },
  signVault,
);
const recruit = (value: Recruitment): Uint8Array => encodeRecruitment(value, signPeer);

const AVOIDING: HolderTable = {
  vault: VAULT.publicKey,
  version: 4,
  copies: 3,
  members: [{ peer: PEER_NAME, weight: 100, zone: 'home' }],
  avoid: ['0123456789abcdef', 'fedcba9876543210'],
};

/** Behind the older vectors of holder tables. */
export function avoidedMachines(): FormatVector[] {
  const bounds = { what: 'vector', maxBytes: 4096 };
  const signed = (avoid: readonly unknown[]): Uint8Array =>
    encodeSigned('vault-mesh-holder-table-1', { v: 1, ...AVOIDING, avoid }, [signVault], bounds);
  return [
    good("machines of the owner's own", AVOIDING, (value) => encodeHolderTable(value, signVault)),
    bad('an empty list of machines', signed([])),
    bad('machines out of order', signed(['b', 'a'])),
    bad('a machine twice', signed(['a', 'a'])),
    bad('a machine without a tag', signed([''])),
    bad('65 machines', signed(Array.from({ length: 65 }, (_, i) => `${100 + i}`))),
  ];
}

export function recruitments(): FormatVector[] {
  const own = { v: 1, ...RECRUITMENT, peer: PEER_NAME };
  const bounds = { what: 'vector', maxBytes: 1024 };
  return [
    good('of a peer by a member', RECRUITMENT, recruit),
    bad('signed by another', encodeRecruitment(RECRUITMENT, signDevice), 'forgery'),
    bad('a signature with one bit changed', flipLast(recruit(RECRUITMENT)), 'forgery'),
    bad('of a peer by itself', encodeSigned('vault-mesh-recruitment-1', own, [signPeer], bounds)),
  ];
}

export function memberLists(): FormatVector[] {
  const recruits = [recruit(RECRUITMENT), recruit({ ...RECRUITMENT, zone: 'attic' })].toSorted(compareBytes);
  const full: MemberList = { table: TABLE, recruits };
  const [first = fill(0), second = fill(0)] = recruits;
  return [
    good('nobody', { table: undefined, recruits: [] }, encodeMemberList),
    good(`a table and two recruits; hash ${toHex(membersHash(full))}`, full, encodeMemberList),
    bad('recruits out of order', cbor({ v: 1, recruits: [second, first] })),
    bad('a recruit twice', cbor({ v: 1, recruits: [first, first] })),
    bad('an empty table', cbor({ v: 1, table: fill(0, 0), recruits: [] })),
    bad('a later version', cbor({ v: 2 }), 'unsupported-version'),
  ];
}

const OTHER = keyPairOfSeed(fill(5)).publicKey;
const RETIRING = {
  vault: VAULT.publicKey,
  device: DEVICE.publicKey,
  sequence: 0,
  certificate,
  adds: [{ digest: fill(1), size: 1024 }],
  drops: [],
  retires: { device: OTHER, next: 7, hash: fill(9) },
};

/** Behind the older vectors of log entries. */
export function retirements(): FormatVector[] {
  const write = (value: typeof RETIRING): Uint8Array => encodeLogEntry(value, signDevice, signVault);
  const never = { ...RETIRING, retires: { device: OTHER, next: 0 } };
  const body = { v: 1, ...RETIRING, adds: fill(0, 0), drops: fill(0, 0) };
  const signed = (retires: unknown): Uint8Array =>
    encodeSigned('vault-mesh-log-entry-1', { ...body, retires }, [signDevice, signVault], {
      what: 'vector',
      maxBytes: 4096,
    });
  return [
    good('a retirement, signed twice', RETIRING, write),
    good('a retirement of a log without entries', never, (value) =>
      encodeLogEntry(value, signDevice, signVault),
    ),
    bad(
      'a retirement signed by the device twice',
      encodeLogEntry(RETIRING, signDevice, signDevice),
      'forgery',
    ),
    bad('a retirement without the hash of the last entry', signed({ device: OTHER, next: 7 })),
    bad('a device that retires itself', signed({ device: DEVICE.publicKey, next: 7, hash: fill(9) })),
  ];
}

export function possession(): unknown {
  const bytes = utf8('these bytes stand for a sealed chunk');
  const facts = { nonce: fill(6), vault: VAULT.publicKey, digest: digestOf(bytes), prover: PEER_NAME, bytes };
  return { ...facts, proof: possessionProof(facts) };
}
