/** Shares of a vault's secret: enough of them give it back, fewer give nothing, and what is wrong is named (C1). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitSecret } from '../../src/api/split-secret.ts';
import { combineShares, type NamedShare } from '../../src/crypto/combine-shares.ts';
import {
  MAX_SHARES,
  ROW_WORDS,
  type SecretShare,
  SHARE_ROWS,
  ShareTyping,
  shareOfText,
  shareWords,
} from '../../src/crypto/share-words.ts';
import { deriveVaultKeys } from '../../src/crypto/vault-keys.ts';
import { isVaultError } from '../../src/model/errors.ts';
import { SeededRandom } from '../../src/runtime/seeded-random.ts';

const SECRET = new Uint8Array(32).fill(7);
const random = new SeededRandom('shares');
const secrets = fc.uint8Array({ minLength: 32, maxLength: 32 });
const splits = fc
  .integer({ min: 2, max: MAX_SHARES })
  .chain((count) => fc.record({ count: fc.constant(count), threshold: fc.integer({ min: 2, max: count }) }));

const split = (secret: Uint8Array, count: number, threshold: number): Promise<readonly SecretShare[]> =>
  splitSecret(secret, { count, threshold }, random);

const named = (shares: readonly SecretShare[]): NamedShare[] =>
  shares.map((share) => ({ name: `share ${share.number}`, share }));

const textOf = (share: SecretShare): string => shareWords(share).join(' ');

/** As false as it can be: its check words are right. */
const forged = (share: SecretShare): SecretShare => ({
  ...share,
  y: share.y.map((byte, i) => (i === 3 ? byte ^ 1 : byte)),
});

async function faultOf(shares: readonly NamedShare[]): Promise<string> {
  try {
    await combineShares(shares);
    return 'no fault';
  } catch (error) {
    return isVaultError(error, 'wrong-shares') ? error.message : `another error: ${String(error)}`;
  }
}

describe('shares', () => {
  it('of which enough are there give the secret, in any order, whichever they are', async () => {
    await fc.assert(
      fc.asyncProperty(
        secrets,
        splits,
        fc.infiniteStream(fc.nat()),
        async (secret, { count, threshold }, picks) => {
          const left = [...named(await split(secret, count, threshold))];
          const chosen: NamedShare[] = [];
          for (const pick of picks) {
            chosen.push(...left.splice(pick % left.length, 1));
            if (chosen.length === threshold) break;
          }
          const typed = chosen.map(({ name, share }) => ({ name, share: shareOfText(textOf(share)) }));
          const combined = await combineShares(typed);
          expect(combined.secret).toEqual(secret);
          expect(combined.used).toHaveLength(threshold);
          expect(combined.ignored).toEqual([]);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('of which one is wanting give nothing: every secret is still possible', async () => {
    const shares = named(await split(SECRET, 5, 3));
    expect(await faultOf(shares.slice(0, 2))).toContain(
      '1 more of this split are needed, besides share 1, share 2',
    );
    expect(await faultOf(shares.slice(4))).toContain('2 more');
    expect(await faultOf([])).toContain('no shares');
    // Two of three: for any third value there is a polynomial, so each byte of the secret can be anything.
    const [a, b, c] = await split(SECRET, 3, 3);
    if (!a || !b || !c) throw new Error('three shares were asked for');
    const firsts = new Set<number>();
    const { combine } = await import('shamir-secret-sharing');
    for (let value = 0; value < 256; value++) {
      const third = { ...c, y: c.y.with(0, value) };
      const parts = [a, b, third].map(({ x, y }) => new Uint8Array([...y, x]));
      firsts.add((await combine(parts))[0] ?? -1);
    }
    expect(firsts.size).toBe(256);
  });

  it('given twice count once', async () => {
    const shares = named(await split(SECRET, 5, 3));
    const [first, second] = shares;
    if (!first || !second) throw new Error('five shares were asked for');
    expect(await faultOf([first, second, { ...first, name: 'copy' }])).toContain(
      'copy: it is the same share as share 1',
    );
    const combined = await combineShares([...shares.slice(0, 3), { ...first, name: 'copy' }]);
    expect(combined.ignored).toEqual([{ name: 'copy', reason: 'it is the same share as share 1' }]);
  });

  it('of another split or vault are named, and do no harm when the others are enough', async () => {
    const [ours, again] = [named(await split(SECRET, 5, 3)), named(await split(SECRET, 5, 3))];
    const theirs = named(await split(new Uint8Array(32).fill(8), 5, 3));
    const strangers = [...again.slice(0, 2), ...theirs.slice(0, 1)].map((one, i) => ({
      ...one,
      name: `stranger ${i}`,
    }));
    const combined = await combineShares([...strangers, ...ours.slice(0, 3)]);
    expect(combined.secret).toEqual(SECRET);
    expect(combined.ignored.map(({ name }) => name).toSorted()).toEqual([
      'stranger 0',
      'stranger 1',
      'stranger 2',
    ]);
    const fault = await faultOf([...ours.slice(0, 2), ...strangers]);
    expect(fault).toContain('of different splits');
    expect(fault).toMatch(/share 1, share 2 \(split [0-9a-f]{6}, needs 3\)/);
  });

  it('that are false are found when there are more than enough, and suspected when there are just enough', async () => {
    await fc.assert(
      fc.asyncProperty(
        secrets,
        fc.integer({ min: 2, max: 5 }),
        fc.nat({ max: 5 }),
        async (secret, threshold, at) => {
          const shares = named(await split(secret, 6, threshold));
          const bad = shares[at];
          if (!bad) throw new Error('six shares were asked for');
          const mixed = shares.map((one) =>
            one === bad ? { name: one.name, share: forged(one.share) } : one,
          );
          const combined = await combineShares(mixed);
          expect(combined.secret).toEqual(secret);
          expect(combined.ignored).toMatchObject([{ name: bad.name }]);
          const enough = [...mixed.slice(at), ...mixed.slice(0, at)].slice(0, threshold);
          expect(await faultOf(enough)).toContain('do not make the secret of their vault');
          // A false one in the place of a true one that is there too.
          const both = [{ name: 'false', share: forged(bad.share) }, ...shares.slice(0, 5)];
          expect((await combineShares(both)).secret).toEqual(secret);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('say which vault they are of, how many there are, and how many are needed', async () => {
    const shares = await split(SECRET, 5, 3);
    const { vault } = deriveVaultKeys(SECRET);
    expect(shares.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5]);
    for (const share of shares) {
      expect(shareOfText(textOf(share))).toEqual(share);
      expect(share).toMatchObject({
        threshold: 3,
        count: 5,
        vault: vault.slice(0, 6),
        split: shares[0]?.split,
      });
    }
    expect(new Set(shares.map(({ x }) => x)).size).toBe(5);
  });

  it.each([
    [1, 1],
    [5, 1],
    [2, 3],
    [17, 3],
    [5, 2.5],
  ])('are refused as %i of which %i are needed', async (count, threshold) => {
    await expect(split(SECRET, count, threshold)).rejects.toMatchObject({ code: 'usage' });
  });
});

describe('a share as words', () => {
  const share: SecretShare = {
    threshold: 3,
    count: 5,
    number: 2,
    x: 200,
    split: Uint8Array.of(1, 2, 3),
    vault: Uint8Array.of(4, 5, 6, 7, 8, 9),
    y: new Uint8Array(32).fill(0xa5),
  };
  const words = shareWords(share);
  const rows = Array.from({ length: SHARE_ROWS }, (_, row) =>
    words.slice(row * ROW_WORDS, (row + 1) * ROW_WORDS),
  );
  const fault = (text: string): string => {
    try {
      shareOfText(text);
      return 'no fault';
    } catch (error) {
      return isVaultError(error, 'wrong-shares') ? error.message : `another error: ${String(error)}`;
    }
  };

  it('is read back with numbers, capitals, comments and short words', () => {
    expect(words).toHaveLength(40);
    const typed = rows.map(
      (row, i) => `${i + 1}. ${row.map((word) => word.slice(0, 4).toUpperCase()).join(', ')}`,
    );
    expect(shareOfText(`# share 2 of 5\n  # of words\n${typed.join('\n')}\n`)).toEqual(share);
  });

  it('that was mistyped is refused with the row of the first mistake', () => {
    // A check word has 11 bits: a mistake passes its row once in 2048 times, and then every later row fails.
    let [told, later, unseen] = [0, 0, 0];
    for (const [at, word] of words.entries()) {
      for (const other of words) {
        if (other === word) continue;
        const row = Number(/row (\d)/.exec(fault(words.with(at, other).join(' ')))?.[1]);
        if (row === Math.floor(at / ROW_WORDS) + 1) told++;
        else if (row > Math.floor(at / ROW_WORDS)) later++;
        else unseen++;
      }
    }
    expect(told).toBeGreaterThan(1500);
    expect(later + unseen).toBeLessThan(5);
    expect(fault(words.with(7, 'abandonn').join(' '))).toContain(
      'word 3 of row 2, "abandonn", is not in the word list',
    );
    expect(fault([...words.slice(0, 10), ...words.slice(15)].join(' '))).toContain('row 3');
    expect(fault(words.slice(0, 39).join(' '))).toContain('row 8 has 4 words instead of 5');
    expect(fault(words.slice(0, 35).join(' '))).toContain('it has 7 rows');
    expect(fault([...words, 'zoo'].join(' '))).toContain('more than 8 rows');
    expect(fault(words.slice(0, 24).join(' '))).toContain('24 words, like the whole secret');
    expect(fault('')).toContain('it has 0 rows');
    expect(fault('x'.repeat(20_000))).toContain('too long');
  });

  it('with two rows, or rows of two shares, exchanged is refused', () => {
    const swapped = [rows[1], rows[0], ...rows.slice(2)];
    expect(fault(swapped.flat().join(' '))).toContain('row 1');
    const other = shareWords({ ...share, number: 3, x: 9, y: new Uint8Array(32).fill(0x5a) });
    expect(fault([...words.slice(0, 20), ...other.slice(20)].join(' '))).toContain('row 5');
  });

  it('is typed a row at a time, and a refused row again', () => {
    const typing = new ShareTyping();
    for (const [at, row] of rows.entries()) {
      expect(typing.rows).toBe(at);
      expect(() => typing.add(row.toReversed().join(' '))).toThrow(`row ${at + 1}`);
      typing.add(row.join(' '));
    }
    expect(typing.share()).toEqual(share);
  });

  it('throws VaultError only, for any text', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...words, 'zoo', 'x', '#', '\n')), (parts) => {
        const found = fault(parts.join(' '));
        expect(found).not.toContain('another error');
      }),
    );
  });
});
