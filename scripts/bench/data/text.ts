/** Text that compresses to about a third, as source trees do, and is the same in every run. */
import { SeededRandom } from '../../../src/runtime/seeded-random.ts';

const WORDS = 4000;

/** The returned function makes the next `length` bytes. */
export function textOf(seed: string): (length: number) => string {
  const random = new SeededRandom(seed);
  const words = Array.from({ length: WORDS }, () => Buffer.from(random.bytes(5)).toString('base64url'));
  return (length) => {
    const parts: string[] = [];
    for (let size = 0; size < length; ) {
      const word = words[Math.floor(random.fraction() ** 3 * WORDS)] ?? '';
      parts.push(word);
      size += word.length + 1;
    }
    return `${parts.join(' ')} `.slice(0, length);
  };
}
