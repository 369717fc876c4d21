/** Vectors of what is made of a vault's secret for paper: shares, computed here by schoolbook arithmetic (C1). */
import { type SecretShare, shareWords } from '../../src/crypto/share-words.ts';
import { deriveVaultKeys } from '../../src/crypto/vault-keys.ts';

/** In GF(2^8) with x^8 + x^4 + x^3 + x + 1, a bit at a time. */
function times(a: number, b: number): number {
  let [product, factor] = [0, a];
  for (let bit = 0; bit < 8; bit++) {
    if ((b >> bit) & 1) product ^= factor;
    factor = (factor << 1) ^ (factor & 0x80 ? 0x11b : 0);
  }
  return product;
}

/** The value at `x` of a polynomial whose coefficient 0 is the secret's byte. */
function valueAt(x: number, coefficients: readonly number[]): number {
  return coefficients.reduceRight((sum, coefficient) => times(sum, x) ^ coefficient, 0);
}

/** Five shares of which three are needed, with coefficients and places that follow a rule instead of chance. */
function fixedShares(secret: Uint8Array): readonly SecretShare[] {
  const { vault } = deriveVaultKeys(secret);
  return [1, 2, 3, 4, 5].map((number) => {
    const x = number * 37;
    const y = secret.map((byte, i) => valueAt(x, [byte, (7 * i + 1) & 255, (11 * i + 2) & 255]));
    return { threshold: 3, count: 5, number, x, split: Uint8Array.of(1, 2, 3), vault: vault.slice(0, 6), y };
  });
}

export function shares(secret: Uint8Array): unknown {
  return {
    secret,
    shares: fixedShares(secret).map((share) => ({ ...share, words: shareWords(share).join(' ') })),
  };
}
