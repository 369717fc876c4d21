import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { DigestTable } from '../../src/model/digest-table.ts';

const digest = (n: number): Uint8Array => createHash('sha256').update(String(n)).digest();

describe('DigestTable', () => {
  it('numbers digests in order, keeps numbers, and knows what it never saw', () => {
    const table = new DigestTable();
    for (let n = 0; n < 20_000; n++) expect(table.add(digest(n))).toBe(n);
    for (let n = 0; n < 20_000; n++) expect(table.add(digest(n))).toBe(n);
    expect(table.size).toBe(20_000);
    expect(table.numberOf(digest(12_345))).toBe(12_345);
    expect(table.numberOf(digest(-1))).toBeUndefined();
    expect(Buffer.compare(table.at(777), digest(777))).toBe(0);
  });

  it('tells digests apart whose slots collide', () => {
    const table = new DigestTable();
    const a = new Uint8Array(32).fill(7);
    const b = a.slice();
    b[31] = 8;
    expect([table.add(a), table.add(b), table.numberOf(a), table.numberOf(b)]).toEqual([0, 1, 0, 1]);
  });
});
