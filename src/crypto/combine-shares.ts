/** From shares back to the secret (Shamir over GF(2^8)), and which of them are wrong, of another split, or too few (C1). */
import { combine } from 'shamir-secret-sharing';
import { bytesEqual, concatBytes, toHex } from '../model/bytes.ts';
import { VaultError } from '../model/errors.ts';
import { type SecretShare, VAULT_TAG_BYTES } from './share-words.ts';
import { deriveVaultKeys } from './vault-keys.ts';

/** A share and what the person who gave it calls it: "share-1.txt". */
export interface NamedShare {
  readonly name: string;
  readonly share: SecretShare;
}

export interface CombinedShares {
  /** 32 bytes; proved to be the secret of the vault that the shares name. */
  readonly secret: Uint8Array;
  readonly used: readonly string[];
  /** Shares that were not used, each with the reason. */
  readonly ignored: readonly { readonly name: string; readonly reason: string }[];
}

/** All choices among 16 shares, the most there are; only made-up ones are more. */
const MAX_TRIES = 13_000;

type Ignored = CombinedShares['ignored'][number];

/**
 * As long as enough good shares are among them, the others are named and do no harm. Throws 'wrong-shares': too few of any split, or a
 * false one among exactly as many as are needed.
 */
export async function combineShares(shares: readonly NamedShare[]): Promise<CombinedShares> {
  const { kept, ignored: doubles } = withoutDoubles(shares);
  const splits = bySplit(kept);
  const enough = splits.filter((split) => split.length >= thresholdOf(split));
  for (const split of enough) {
    const solved = await solve(split);
    if (!solved) continue;
    const others = splits.filter((each) => each !== split).flat();
    const foreign = others.map(({ name }) => ({ name, reason: 'it is of another split' }));
    return { ...solved, ignored: [...doubles, ...solved.ignored, ...foreign] };
  }
  throw failure(splits, enough, doubles);
}

/** The secret, from the first choice of shares whose result is the vault that they name. */
async function solve(split: readonly NamedShare[]): Promise<CombinedShares | undefined> {
  const threshold = thresholdOf(split);
  let tries = 0;
  for (const chosen of choices(split, threshold)) {
    if (tries++ > MAX_TRIES) return undefined;
    const secret = await secretOf(chosen);
    if (!secret || !isSecretOf(secret, chosen)) continue;
    const ignored: Ignored[] = [];
    for (const one of split) {
      if (chosen.includes(one) || (await fits(one, chosen, secret))) continue;
      ignored.push({
        name: one.name,
        reason: 'it does not fit the others: a word is wrong, or it was forged',
      });
    }
    const bad = new Set(ignored.map(({ name }) => name));
    return { secret, used: split.map(({ name }) => name).filter((name) => !bad.has(name)), ignored };
  }
  return undefined;
}

/** In the place of another share it must give the same secret: then it lies on the same polynomial. */
async function fits(one: NamedShare, chosen: readonly NamedShare[], secret: Uint8Array): Promise<boolean> {
  const instead = await secretOf([...chosen.slice(1), one]);
  return instead !== undefined && bytesEqual(instead, secret);
}

/** `undefined` for two shares of one place, of which at most one is true. */
async function secretOf(chosen: readonly NamedShare[]): Promise<Uint8Array | undefined> {
  if (new Set(chosen.map(({ share }) => share.x)).size < chosen.length) return undefined;
  return combine(chosen.map(({ share }) => concatBytes(share.y, Uint8Array.of(share.x))));
}

function isSecretOf(secret: Uint8Array, [first]: readonly NamedShare[]): boolean {
  const { vault } = deriveVaultKeys(secret);
  return first !== undefined && bytesEqual(vault.subarray(0, VAULT_TAG_BYTES), first.share.vault);
}

/** All ways to take `size` of them, in order. */
function* choices<T>(from: readonly T[], size: number): Generator<readonly T[]> {
  if (size === 0) yield [];
  for (let at = 0; at + size <= from.length && size > 0; at++) {
    const first = from[at];
    if (first === undefined) return;
    for (const rest of choices(from.slice(at + 1), size - 1)) yield [first, ...rest];
  }
}

/** The same share twice is one share. */
function withoutDoubles(shares: readonly NamedShare[]): { kept: NamedShare[]; ignored: Ignored[] } {
  const kept: NamedShare[] = [];
  const ignored: Ignored[] = [];
  for (const one of shares) {
    const twin = kept.find(({ share }) => sameShare(share, one.share));
    if (!twin) kept.push(one);
    else ignored.push({ name: one.name, reason: `it is the same share as ${twin.name}` });
  }
  return { kept, ignored };
}

/** The most promising first. */
function bySplit(shares: readonly NamedShare[]): readonly (readonly NamedShare[])[] {
  const splits: NamedShare[][] = [];
  for (const one of shares) {
    const known = splits.find(([first]) => first !== undefined && sameSplit(first.share, one.share));
    if (known) known.push(one);
    else splits.push([one]);
  }
  return splits.toSorted((a, b) => b.length - a.length);
}

function sameShare(a: SecretShare, b: SecretShare): boolean {
  return sameSplit(a, b) && a.x === b.x && bytesEqual(a.y, b.y);
}

function sameSplit(a: SecretShare, b: SecretShare): boolean {
  const same = bytesEqual(a.split, b.split) && bytesEqual(a.vault, b.vault);
  return same && a.threshold === b.threshold && a.count === b.count;
}

function thresholdOf(split: readonly NamedShare[]): number {
  return split[0]?.share.threshold ?? Number.POSITIVE_INFINITY;
}

function failure(
  splits: readonly (readonly NamedShare[])[],
  enough: readonly (readonly NamedShare[])[],
  doubles: readonly Ignored[],
): VaultError {
  const [best = []] = enough.length > 0 ? enough : splits;
  const names = best.map(({ name }) => name).join(', ');
  const twice = doubles.map(({ name, reason }) => `; ${name}: ${reason}`).join('');
  if (enough.length > 0) {
    return new VaultError('wrong-shares', `these shares do not make the secret of their vault: ${names}`, {
      hint: 'At least one of them is false, in a way that its check words do not show. Give more shares of this split, and the false one is found.',
    });
  }
  if (splits.length > 1) {
    const parts = splits.map(
      (split) =>
        `${split.map(({ name }) => name).join(', ')} (split ${splitName(split)}, needs ${thresholdOf(split)})`,
    );
    return new VaultError(
      'wrong-shares',
      `the shares are of different splits, too few of each: ${parts.join('; ')}${twice}`,
      {
        hint: 'Shares fit only those with the same split name.',
      },
    );
  }
  const missing = thresholdOf(best) - best.length;
  return new VaultError(
    'wrong-shares',
    best.length === 0
      ? 'there are no shares to combine'
      : `${missing} more of this split are needed, besides ${names}${twice}`,
    { hint: 'Every share says how many there are and how many are needed.' },
  );
}

/** As it is printed on each share. */
function splitName([first]: readonly NamedShare[]): string {
  return first ? toHex(first.share.split) : '';
}
