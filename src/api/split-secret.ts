/** A vault's secret in shares, any `threshold` of which give it back while fewer tell nothing (Shamir over GF(2^8), C1). */
import { split } from 'shamir-secret-sharing';
import { MAX_SHARES, type SecretShare, SPLIT_BYTES, VAULT_TAG_BYTES } from '../crypto/share-words.ts';
import { deriveVaultKeys } from '../crypto/vault-keys.ts';
import { VaultError } from '../model/errors.ts';
import type { Random } from '../runtime/random.ts';

export interface SplitSize {
  /** How many shares: 2 to 16. */
  readonly count: number;
  /** How many of them are needed: 2 to `count`. */
  readonly threshold: number;
}

/** The polynomials are the library's, drawn from the system; `random` names the split. Throws 'usage'. */
export async function splitSecret(
  secret: Uint8Array,
  { count, threshold }: SplitSize,
  random: Random,
): Promise<readonly SecretShare[]> {
  if (!Number.isInteger(count) || count < 2 || count > MAX_SHARES) {
    throw new VaultError('usage', `a secret is split into 2 to ${MAX_SHARES} shares`);
  }
  if (!Number.isInteger(threshold) || threshold < 2 || threshold > count) {
    throw new VaultError('usage', `of ${count} shares, 2 to ${count} can be needed`, {
      hint: 'If one shall be enough, give copies of the recovery sheet instead.',
    });
  }
  const vault = deriveVaultKeys(secret).vault.slice(0, VAULT_TAG_BYTES);
  const name = random.bytes(SPLIT_BYTES);
  const parts = await split(new Uint8Array(secret), count, threshold);
  return parts.map((part, at) => ({
    threshold,
    count,
    number: at + 1,
    x: part.at(-1) ?? 0,
    split: name,
    vault,
    y: part.slice(0, -1),
  }));
}
