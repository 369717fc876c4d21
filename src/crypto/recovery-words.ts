/** The vault's secret as 24 words that a person can write down, and back, with a message that says which word is wrong (C1). */
import { entropyToMnemonic, mnemonicToEntropy } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import { assert, VaultError } from '../model/errors.ts';
import { KEY_BYTES } from '../model/ids.ts';

const RECOVERY_WORDS = 24;

const KNOWN = new Set(wordlist);
const MAX_TEXT = 4096;

export function wordsOf(secret: Uint8Array): string {
  assert(secret.length === KEY_BYTES, 'a vault secret is 32 bytes');
  return entropyToMnemonic(secret, wordlist);
}

/** Forgives case, any white space, commas and numbering ("1. abandon 2) ability"). Throws 'wrong-words'. */
export function secretOfWords(text: string): Uint8Array {
  if (text.length > MAX_TEXT) throw wrong('this text is far too long');
  const words = text
    .normalize('NFKD')
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter((word) => word !== '');
  words.forEach((word, i) => {
    if (!KNOWN.has(word)) throw wrong(`word ${i + 1}, "${word.slice(0, 20)}", is not in the word list`);
  });
  if (words.length !== RECOVERY_WORDS) {
    throw wrong(`${words.length} words were given, ${RECOVERY_WORDS} are needed`);
  }
  try {
    return new Uint8Array(mnemonicToEntropy(words.join(' '), wordlist));
  } catch (cause) {
    throw wrong('the checksum does not match, so a word is wrong or two have changed places', cause);
  }
}

function wrong(why: string, cause?: unknown): VaultError {
  return new VaultError('wrong-words', `these are not the recovery words of a vault: ${why}`, {
    hint: 'Give all 24 words of the recovery sheet in their order.',
    ...(cause === undefined ? {} : { cause }),
  });
}
