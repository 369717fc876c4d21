/** Shares of a vault's secret, to and from what people read and type (C1). */
import { combineShares, type NamedShare } from '../crypto/combine-shares.ts';
import { wordsOf } from '../crypto/recovery-words.ts';
import {
  ROW_WORDS,
  type SecretShare,
  SHARE_ROWS,
  ShareTyping,
  shareOfText,
  shareWords,
} from '../crypto/share-words.ts';
import { deriveVaultKeys } from '../crypto/vault-keys.ts';
import { toHex } from '../model/bytes.ts';
import { isVaultError, VaultError } from '../model/errors.ts';
import { idText } from '../model/ids.ts';
import type { CombinedSecret, GivenShare, PrintedShare, ShareFacts, TypedShare } from './share-types.ts';

export function printedShare(share: SecretShare): PrintedShare {
  const words = shareWords(share);
  const rows = Array.from({ length: SHARE_ROWS }, (_, row) =>
    words.slice(row * ROW_WORDS, (row + 1) * ROW_WORDS),
  );
  return { ...factsOf(share), rows };
}

/** Throws 'wrong-shares': one that is mistyped, with its name and row; too few; a false one among just enough. */
export async function combineGiven(given: readonly GivenShare[]): Promise<CombinedSecret> {
  const { secret, used, ignored } = await combineShares(given.map(readGiven));
  return { vaultId: idText(deriveVaultKeys(secret).vault), words: wordsOf(secret), used, ignored };
}

export function typeShare(): TypedShare {
  const typing = new ShareTyping();
  return {
    get rows() {
      return typing.rows;
    },
    add: (row) => typing.add(row),
    facts: () => factsOf(typing.share()),
  };
}

function readGiven({ name, text }: GivenShare): NamedShare {
  try {
    return { name, share: shareOfText(text) };
  } catch (cause) {
    if (!isVaultError(cause, 'wrong-shares', 'unsupported-version')) throw cause;
    const { code, message, hint } = cause;
    throw new VaultError(code, `${name}: ${message}`, { cause, ...(hint === undefined ? {} : { hint }) });
  }
}

function factsOf({ number, count, threshold, split }: SecretShare): ShareFacts {
  return { number, count, threshold, split: toHex(split) };
}
