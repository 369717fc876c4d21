/** Who keeps a vault while its owner is away: signed recruitments, and one list of them for everybody (R2, R5). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyPairOfSeed, sign } from '../../src/crypto/ed25519.ts';
import { peerNameOfKey, verifyPeer } from '../../src/crypto/peer-key.ts';
import { MAX_TABLE_BYTES } from '../../src/format/holder-table.ts';
import {
  decodeMemberList,
  encodeMemberList,
  MAX_MEMBER_LIST_BYTES,
  membersHash,
} from '../../src/format/member-list.ts';
import {
  decodeRecruitment,
  encodeRecruitment,
  MAX_RECRUITMENT_BYTES,
  MAX_RECRUITS,
  type Recruitment,
} from '../../src/format/recruitment.ts';
import { memberLists, PEER_NAME, signPeer, VAULT } from './arbitraries.ts';

const OTHER = keyPairOfSeed(new Uint8Array(32).fill(8));
const RECRUITMENT: Recruitment = {
  vault: VAULT.publicKey,
  peer: peerNameOfKey(OTHER.publicKey),
  zone: 'cellar',
  weight: 1,
  by: PEER_NAME,
};

describe('a recruitment', () => {
  it('counts only with the signature of the peer that recruits (R2)', () => {
    const signOther = (message: Uint8Array): Uint8Array => sign(OTHER.privateKey, message);
    expect(decodeRecruitment(encodeRecruitment(RECRUITMENT, signPeer), verifyPeer)).toEqual(RECRUITMENT);
    expect(() => decodeRecruitment(encodeRecruitment(RECRUITMENT, signOther), verifyPeer)).toThrow(
      expect.objectContaining({ code: 'forgery' }),
    );
  });

  it.each([
    ['of a peer by itself', { peer: PEER_NAME }],
    ['of weight 0', { weight: 0 }],
    ['into no zone', { zone: '' }],
    ['into a zone of 129 letters', { zone: 'z'.repeat(129) }],
    ['into a zone that would move the cursor', { zone: '\u001b[2J' }],
  ])('is not written %s', (_, change) => {
    expect(() => encodeRecruitment({ ...RECRUITMENT, ...change }, signPeer)).toThrow();
  });

  it('fits its bound with the longest zone of any script', () => {
    const bytes = encodeRecruitment({ ...RECRUITMENT, zone: '\u5c4b'.repeat(128) }, signPeer);
    expect(bytes.length).toBeLessThanOrEqual(MAX_RECRUITMENT_BYTES);
  });
});

describe('a member list', () => {
  it('has one hash, whatever order the recruits were learnt in', () => {
    fc.assert(
      fc.property(memberLists, (list) => {
        const turned = { ...list, recruits: list.recruits.toReversed() };
        expect(membersHash(turned)).toEqual(membersHash(list));
      }),
    );
  });

  it('has another hash with one recruit more, or without its table', () => {
    const recruits = [Uint8Array.of(1)];
    const table = Uint8Array.of(9);
    const hashes = [
      { table: undefined, recruits: [] },
      { table, recruits: [] },
      { table: undefined, recruits },
      { table, recruits },
    ].map((list) => Buffer.from(membersHash(list)).toString('hex'));
    expect(new Set(hashes).size).toBe(4);
  });

  it('takes as many and as large records as there may be within its bound, and none more (T1)', () => {
    const recruits = Array.from({ length: MAX_RECRUITS }, (_, i) =>
      new Uint8Array(MAX_RECRUITMENT_BYTES).fill(i),
    );
    const bytes = encodeMemberList({ table: new Uint8Array(MAX_TABLE_BYTES), recruits });
    expect(bytes.length).toBeLessThanOrEqual(MAX_MEMBER_LIST_BYTES);
    expect(decodeMemberList(bytes).recruits).toHaveLength(MAX_RECRUITS);
    const more = [...recruits, Uint8Array.of(255)];
    expect(() => encodeMemberList({ table: undefined, recruits: more })).toThrow(/recruits/);
    const larger = [new Uint8Array(MAX_RECRUITMENT_BYTES + 1)];
    expect(() => encodeMemberList({ table: undefined, recruits: larger })).toThrow(/recruits/);
  });
});
