/** Bytes to measure with: some that do not compress, like photos, and some that do, like text. */
import type { Random } from '../runtime/random.ts';

const WORDS = 4096;
/** Of one line. */
const LINE_WORDS = 12;

/** Nothing in it repeats. */
export function incompressible(random: Random, length: number): Uint8Array {
  return random.bytes(length);
}

/** Lines of words of a large vocabulary, some much more frequent than others, and numbers between them. */
export function textLike(random: Random, length: number): Uint8Array {
  const letters = random.bytes(WORDS * 12);
  const words = Array.from({ length: WORDS }, (_, at) => {
    const size = 2 + ((letters[at * 12] ?? 0) % 9);
    return Buffer.from(letters.subarray(at * 12 + 1, at * 12 + 1 + size).map((byte) => 97 + (byte % 26)));
  });
  const text = Buffer.alloc(length, ' ');
  const chances = new DataView(random.bytes(1 << 20).buffer);
  for (let at = 0, count = 0; at < length; count++) {
    const chance =
      chances.getUint32((count * 7919 * 4) % (chances.byteLength - 4)) ^ Math.imul(count, 2654435761);
    // The square makes the first words of the vocabulary the frequent ones.
    const share = (chance >>> 8) / 0x1000000;
    const word = words[Math.floor(share * share * WORDS)];
    at += word?.copy(text, at) ?? 0;
    if (at < length) text[at++] = count % LINE_WORDS === 0 ? 10 : 32;
  }
  return text;
}
