/** A proof of possession is worth something for one question, one chunk and one peer only (R4). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PossessionFacts, possessionProof } from '../../src/crypto/possession.ts';

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const questions: fc.Arbitrary<PossessionFacts> = fc.record({
  nonce: bytes32,
  vault: bytes32,
  digest: bytes32,
  prover: fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 52 }),
  bytes: fc.uint8Array({ minLength: 1, maxLength: 200 }),
});
const same = (a: PossessionFacts, b: PossessionFacts): boolean =>
  Buffer.compare(possessionProof(a), possessionProof(b)) === 0;

describe('a proof of possession', () => {
  it('is the same for the same question', () => {
    fc.assert(fc.property(questions, (facts) => same(facts, { ...facts, bytes: facts.bytes.slice() })));
  });

  it('is another one for another nonce, vault, digest, prover or other bytes (R4)', () => {
    fc.assert(
      fc.property(questions, fc.nat(), fc.integer({ min: 1, max: 255 }), (facts, at, flip) => {
        for (const key of ['nonce', 'vault', 'digest', 'bytes'] as const) {
          const changed = facts[key].slice();
          changed[at % changed.length] = (changed[at % changed.length] ?? 0) ^ flip;
          expect(same(facts, { ...facts, [key]: changed })).toBe(false);
        }
        expect(same(facts, { ...facts, prover: `${facts.prover}x` })).toBe(false);
        expect(same(facts, { ...facts, bytes: facts.bytes.slice(1) })).toBe(false);
      }),
    );
  });

  it('is not that of a longer name and fewer bytes', () => {
    const facts = { nonce: new Uint8Array(32), vault: new Uint8Array(32), digest: new Uint8Array(32) };
    const a = { ...facts, prover: 'a', bytes: Uint8Array.of(98, 99) };
    expect(same(a, { ...facts, prover: 'ab', bytes: Uint8Array.of(99) })).toBe(false);
  });
});
