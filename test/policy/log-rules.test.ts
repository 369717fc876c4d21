import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesEqual } from '../../src/model/bytes.ts';
import { checkExtension, type EntryFacts, type LogHead } from '../../src/policy/log-rules.ts';

const id = (n: number): Uint8Array => new Uint8Array(32).fill(n);
const vault = id(1);
const device = id(2);

/** A log of `length` entries whose hashes are `from`, `from + 1`, ... */
function chain(length: number, from = 100): EntryFacts[] {
  return Array.from({ length }, (_, sequence) => ({
    vault,
    device,
    sequence,
    previous: sequence === 0 ? undefined : id(from + sequence - 1),
    hash: id(from + sequence),
    certificate: sequence === 0 ? { vault, device } : undefined,
    role: 'full',
    deeds: { adds: true, announces: true, takesAway: true },
  }));
}

function headOf(entries: readonly EntryFacts[]): LogHead | undefined {
  const last = entries.at(-1);
  return last && { next: last.sequence + 1, hash: last.hash };
}

function judge(entries: readonly EntryFacts[], entry: EntryFacts): string {
  const present = entries[entry.sequence]?.hash;
  const verdict = checkExtension({ vault, head: headOf(entries), present }, entry);
  return verdict.kind === 'refused' ? verdict.refusal : verdict.kind;
}

function at(entries: readonly EntryFacts[], index: number): EntryFacts {
  const entry = entries[index];
  if (!entry) throw new Error(`no entry ${index}`);
  return entry;
}

describe('the rules of a log', () => {
  const log = chain(4);
  const table: [string, number, Partial<EntryFacts> & { sequence?: number }, string][] = [
    ['accepts the first entry of a certified device (L1)', 0, {}, 'extends'],
    ['accepts the entry that follows (L3)', 3, {}, 'extends'],
    ['refuses a first entry without a certificate (L1)', 0, { certificate: undefined }, 'uncertified'],
    [
      "refuses another device's certificate (L1)",
      0,
      { certificate: { vault, device: id(9) } },
      'uncertified',
    ],
    ["refuses another vault's certificate (L1)", 0, { certificate: { vault: id(9), device } }, 'uncertified'],
    ['refuses an entry of another vault', 2, { vault: id(9) }, 'foreign'],
    ['refuses a first entry that claims a past', 0, { previous: id(7) }, 'malformed'],
    ['refuses a later entry without a past', 2, { previous: undefined }, 'malformed'],
    ['refuses a later entry with a certificate', 2, { certificate: { vault, device } }, 'malformed'],
    ['refuses an entry that follows another one (L1)', 2, { previous: id(7) }, 'unchained'],
  ];

  test.each(table)('%s', (_, index, change, expected) => {
    expect(judge(log.slice(0, index), { ...at(log, index), ...change })).toBe(expected);
  });

  test('refuses an entry whose predecessors are missing here', () => {
    expect(judge(log.slice(0, 1), at(log, 3))).toBe('gap');
    expect(judge([], at(log, 1))).toBe('gap');
  });

  test('knows an entry that is here, and calls a different one in its place a fork (L3)', () => {
    expect(judge(log, at(log, 1))).toBe('known');
    expect(judge(log, { ...at(log, 1), hash: id(7) })).toBe('fork');
    expect(judge(log, { ...at(log, 0), hash: id(7) })).toBe('fork');
  });

  test('whatever order entries arrive in, a log is always a prefix of the one its device signed (L3)', () => {
    const honest = chain(6);
    const forged = chain(6, 150);
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...honest, ...forged), { maxLength: 60 }), (arrivals) => {
        const kept: EntryFacts[] = [];
        for (const entry of arrivals) if (judge(kept, entry) === 'extends') kept.push(entry);
        const signed = kept[0] && bytesEqual(kept[0].hash, id(150)) ? forged : honest;
        expect(kept).toEqual(signed.slice(0, kept.length));
      }),
    );
  });
});
