/** The audit book (R4): what makes a peer unsound, what heals it, whom to believe, and how long a proof may take. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MiB } from '../../src/model/units.ts';
import {
  type AuditBook,
  type AuditOutcome,
  auditDeadlineMs,
  EMPTY_AUDIT_BOOK,
  noteAudit,
  unsoundByAll,
  unsoundPeers,
} from '../../src/policy/audit-book.ts';

const LETTERS: Record<string, AuditOutcome> = {
  p: 'proved',
  d: 'admitted',
  a: 'absent',
  w: 'wrong',
  l: 'late',
};

function audited(letters: string, peer = 'a', start: AuditBook = EMPTY_AUDIT_BOOK): AuditBook {
  return letters
    .split('')
    .reduce((book, letter) => noteAudit(book, peer, LETTERS[letter] ?? 'proved'), start);
}

describe('noteAudit', () => {
  test.each([
    ['', false],
    ['ppp', false],
    ['w', true],
    ['a', true],
    ['ll', false],
    ['lll', true],
    ['dd', false],
    ['ldd', true],
    ['ddpd', false],
    ['llpl', false],
    ['llw', true],
    ['wp', true],
    ['wpp', true],
    ['wppp', false],
    ['wpplp', true],
    ['wpppw', true],
    ['lllppp', false],
    ['lllpppll', false],
    ['wpppll', false],
  ])('after %j a peer is unsound: %s (R4)', (letters, unsound) => {
    expect(unsoundPeers(audited(letters)).has('a')).toBe(unsound);
  });

  test('agrees with the rule read literally', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('p', 'd', 'a', 'w', 'l'), maxLength: 30 }), (letters) => {
        let unsound = false;
        for (let end = 1; end <= letters.length; end++) {
          const past = letters.slice(0, end);
          if (/[aw]$|[dl]{3}$/.test(past)) unsound = true;
          else if (past.endsWith('ppp')) unsound = false;
          expect(unsoundPeers(audited(past)).has('a')).toBe(unsound);
        }
      }),
    );
  });

  test('keeps peers apart, and no record of a peer that gave no reason for one', () => {
    const book = audited('w', 'b', audited('p', 'a'));
    expect([...unsoundPeers(book)]).toEqual(['b']);
    expect(book.records.map((record) => record.peer)).toEqual(['b']);
    expect(audited('ppp', 'b', book)).toEqual(EMPTY_AUDIT_BOOK);
  });
});

describe('unsoundByAll', () => {
  test.each<[string, string[], Record<string, string[]>, string[]]>([
    ['believes itself', ['x'], {}, ['x']],
    ['does not believe a single accuser', [], { a: ['x'] }, []],
    ['does not count one accuser twice', [], { a: ['x', 'x'] }, []],
    ['believes two', [], { a: ['x'], b: ['x', 'y'] }, ['x']],
    ['does not believe those it caught itself', ['b'], { a: ['x'], b: ['x'] }, ['b']],
    ['does not count a peer against itself', [], { a: ['x'], x: ['x'] }, []],
    [
      'does not believe a liar that everybody accuses',
      [],
      { a: ['z'], b: ['z', 'x'], z: ['a', 'b', 'x'] },
      ['z'],
    ],
    [
      'does not believe two liars against three',
      [],
      { a: ['y', 'z'], b: ['y', 'z'], c: ['y', 'z'], y: ['a', 'b', 'c'], z: ['a', 'b', 'c'] },
      ['y', 'z'],
    ],
    ['knows better than others about itself', [], { a: ['me'], b: ['me'] }, []],
  ])('%s (8.6)', (_, own, others, expected) => {
    const unsound = unsoundByAll({ self: 'me', own: new Set(own), others: new Map(Object.entries(others)) });
    expect([...unsound].toSorted()).toEqual(expected);
  });
});

describe('auditDeadlineMs', () => {
  test('is time enough for a slow disk, and too short to fetch over a home uplink (R4)', () => {
    const audit = { rttMs: 30, bytes: 8 * MiB, chunks: 8 };
    const deadline = auditDeadlineMs(audit);
    const slowDiskMs = 8 * 15 + (8 / 60) * 1000 + audit.rttMs;
    expect(deadline).toBeGreaterThan(slowDiskMs);
    const fetchAt = (mbitPerSecond: number): number =>
      2 * audit.rttMs + (audit.bytes * 8) / (mbitPerSecond * 1000);
    expect(fetchAt(50)).toBeGreaterThan(deadline);
    expect(fetchAt(1000)).toBeLessThan(deadline);
  });

  test('grows with distance, bytes and chunks', () => {
    const base = { rttMs: 10, bytes: MiB, chunks: 2 };
    for (const more of [{ rttMs: 20 }, { bytes: 2 * MiB }, { chunks: 3 }]) {
      expect(auditDeadlineMs({ ...base, ...more })).toBeGreaterThan(auditDeadlineMs(base));
    }
  });
});
