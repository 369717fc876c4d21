/**
 * One share of a vault's secret as 40 words that a person can copy and type: eight rows of four words and a check word each, so that
 * a mistake is told by its row (C1).
 *
 *   44 bytes = version 1, threshold - 1 (4 bits each) | count - 1, number - 1 (4 bits each) | x | split 3 | vault 6 | y 32
 *   a row    = four words of 11 bits | check word: first 11 bits of SHA-256(label | row number | all words before, u16be each)
 */
import { hash } from 'node:crypto';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import { concatBytes, utf8 } from '../model/bytes.ts';
import { assert, VaultError } from '../model/errors.ts';
import { KEY_BYTES } from '../model/ids.ts';

export interface SecretShare {
  /** How many shares of this split open the vault. */
  readonly threshold: number;
  /** How many were made. */
  readonly count: number;
  /** 1 to `count`. */
  readonly number: number;
  /** Where the polynomial was taken: 1 to 255. */
  readonly x: number;
  /** 3 random bytes that all shares of one split have. */
  readonly split: Uint8Array;
  /** The first 6 bytes of the vault's id. */
  readonly vault: Uint8Array;
  /** 32 bytes. */
  readonly y: Uint8Array;
}

export const MAX_SHARES = 16;
export const SPLIT_BYTES = 3;
export const VAULT_TAG_BYTES = 6;
export const SHARE_ROWS = 8;
export const ROW_WORDS = 5;
const VERSION = 1;
const SHARE_BYTES = 44;
const Y_AT = 3 + SPLIT_BYTES + VAULT_TAG_BYTES;
const WORD_BITS = 11;
const CHECK_LABEL = 'vault-mesh-share-1';
const MAX_TEXT = 16_384;
const RECOVERY_WORDS = 24;
/** Four letters tell all words of the list apart. */
const SHORT = 4;
const PLACES = new Map(
  wordlist.flatMap((word, place) => [[word, place] as const, [word.slice(0, SHORT), place] as const]),
);

/** 40 words, row by row. */
export function shareWords(share: SecretShare): readonly string[] {
  const places: number[] = [];
  const data = placesOf(bytesOfShare(share));
  const words: number[] = [];
  for (let row = 0; row < SHARE_ROWS; row++) {
    places.push(...data.slice(row * (ROW_WORDS - 1), (row + 1) * (ROW_WORDS - 1)));
    words.push(...places.slice(row * (ROW_WORDS - 1)), checkPlace(row, places));
  }
  return words.map((place) => wordlist[place] ?? '');
}

/**
 * Forgives case, white space, numbering, and words cut to four letters; lines that begin with "#" say nothing.
 * Throws 'wrong-shares', naming the row that is wrong.
 */
export function shareOfText(text: string): SecretShare {
  if (text.length > MAX_TEXT) throw wrong('this text is far too long');
  const words = lettersOf(text.replace(/^\s*#.*$/gm, ''));
  if (words.length === RECOVERY_WORDS)
    throw wrong(`it has ${RECOVERY_WORDS} words, like the whole secret of a vault`);
  const places: number[] = [];
  for (let row = 0; row * ROW_WORDS < words.length; row++) {
    readRow(places, row, words.slice(row * ROW_WORDS, (row + 1) * ROW_WORDS));
  }
  return shareOfPlaces(places);
}

/** Reads shares as they are typed, a row at a time. Its methods throw 'wrong-shares'. */
export class ShareTyping {
  readonly #places: number[] = [];
  #rows = 0;

  /** Rows that were accepted, of 8. */
  get rows(): number {
    return this.#rows;
  }

  /** A row that is refused may be typed again. */
  add(text: string): void {
    readRow(this.#places, this.#rows, lettersOf(text));
    this.#rows++;
  }

  /** Once all rows are there. */
  share(): SecretShare {
    return shareOfPlaces(this.#places);
  }
}

function lettersOf(text: string): readonly string[] {
  const parts = text
    .normalize('NFKD')
    .toLowerCase()
    .split(/[^a-z]+/);
  return parts.filter((word) => word !== '');
}

/** Appends the places of the row's data words to those of the rows before. */
function readRow(places: number[], row: number, words: readonly string[]): void {
  if (row >= SHARE_ROWS) throw wrong(`it has more than ${SHARE_ROWS} rows`);
  const found = words.map((word, at) => {
    const place = PLACES.get(word);
    if (place !== undefined) return place;
    throw wrong(`word ${at + 1} of row ${row + 1}, "${word.slice(0, 20)}", is not in the word list`);
  });
  if (found.length !== ROW_WORDS)
    throw wrong(`row ${row + 1} has ${found.length} words instead of ${ROW_WORDS}`);
  const next = [...places, ...found.slice(0, -1)];
  if (checkPlace(row, next) !== found.at(-1)) {
    const before = row === 0 ? '' : ', or it does not belong to the rows before it';
    throw wrong(
      `row ${row + 1} is not what was printed: a word is wrong, or two have changed places${before}`,
    );
  }
  places.push(...found.slice(0, -1));
}

/** Covers all rows up to this one: a row of another share does not fit. */
function checkPlace(row: number, places: readonly number[]): number {
  const data = new Uint8Array(places.length * 2);
  const view = new DataView(data.buffer);
  places.forEach((place, at) => {
    view.setUint16(at * 2, place);
  });
  const digest = hash('sha256', concatBytes(utf8(CHECK_LABEL), Uint8Array.of(row), data), 'buffer');
  return digest.readUInt16BE(0) >> (16 - WORD_BITS);
}

function bytesOfShare({ threshold, count, number, x, split, vault, y }: SecretShare): Uint8Array {
  assert(threshold >= 2 && threshold <= count && count <= MAX_SHARES, 'an impossible split');
  assert(number >= 1 && number <= count && x >= 1 && x <= 255, 'an impossible share');
  assert(
    split.length === SPLIT_BYTES && vault.length === VAULT_TAG_BYTES && y.length === KEY_BYTES,
    'a share of odd size',
  );
  const head = Uint8Array.of((VERSION << 4) | (threshold - 1), ((count - 1) << 4) | (number - 1), x);
  return concatBytes(head, split, vault, y);
}

function shareOfPlaces(places: readonly number[]): SecretShare {
  const rows = places.length / (ROW_WORDS - 1);
  if (rows !== SHARE_ROWS)
    throw wrong(`it has ${rows} rows of words; a share has ${SHARE_ROWS} of ${ROW_WORDS}`);
  const bytes = bytesOfPlaces(places);
  const [first = 0, second = 0, x = 0] = bytes;
  if (first >> 4 !== VERSION) {
    throw new VaultError(
      'unsupported-version',
      `a share of version ${first >> 4}; this program knows ${VERSION}`,
    );
  }
  const share = {
    threshold: (first & 15) + 1,
    count: (second >> 4) + 1,
    number: (second & 15) + 1,
    x,
    split: bytes.slice(3, 3 + SPLIT_BYTES),
    vault: bytes.slice(3 + SPLIT_BYTES, Y_AT),
    y: bytes.slice(Y_AT),
  };
  const possible =
    share.threshold >= 2 && share.threshold <= share.count && share.number <= share.count && x > 0;
  if (!possible) throw wrong('what it says of itself makes no sense');
  return share;
}

/** 44 bytes are 32 words of 11 bits, most significant first. */
function placesOf(bytes: Uint8Array): readonly number[] {
  let [bits, held] = [0, 0];
  const places: number[] = [];
  for (const byte of bytes) {
    bits = (bits << 8) | byte;
    held += 8;
    if (held < WORD_BITS) continue;
    held -= WORD_BITS;
    places.push(bits >> held);
    bits &= (1 << held) - 1;
  }
  return places;
}

function bytesOfPlaces(places: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(SHARE_BYTES);
  let [bits, held, at] = [0, 0, 0];
  for (const place of places) {
    bits = (bits << WORD_BITS) | place;
    held += WORD_BITS;
    while (held >= 8) {
      held -= 8;
      bytes[at++] = bits >> held;
      bits &= (1 << held) - 1;
    }
  }
  return bytes;
}

function wrong(why: string): VaultError {
  return new VaultError('wrong-shares', `this is no share of a vault's secret: ${why}`, {
    hint: 'Compare with the paper, row by row.',
    data: { reason: why },
  });
}
