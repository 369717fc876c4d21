import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/model/bytes.ts';
import { cidText, digestOfCid, groupOf, idText, parseIdText } from '../../src/model/ids.ts';

const digest = new Uint8Array(createHash('sha256').update('chunk').digest());

describe('ids', () => {
  it('names a chunk by its CIDv1, raw, sha2-256 (C5), and reads the name back', () => {
    expect(cidText(digest)).toMatch(/^bafkrei[a-z2-7]{52}$/);
    expect(toHex(digestOfCid(cidText(digest)))).toBe(toHex(digest));
  });

  it.each([
    '',
    'bafy',
    '../../etc/passwd',
    'QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG',
    'bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi',
  ])('refuses %j as a chunk name', (text) => {
    expect(() => digestOfCid(text)).toThrow(expect.objectContaining({ code: 'corrupt' }));
  });

  it('takes the group from the first byte (P3)', () => {
    expect(groupOf(digest)).toBe(digest[0]);
  });

  it('writes keys as text and back, and knows what is no key', () => {
    expect(parseIdText(idText(digest))).toEqual(digest);
    expect(parseIdText('bnonsense')).toBeUndefined();
    expect(fromHex('0g')).toBeUndefined();
  });
});
