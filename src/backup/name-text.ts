/** A raw name as text that patterns are matched against: UTF-8 as it is, and each byte that is none as one character that no text contains. */
import { isUtf8 } from 'node:buffer';
import type { BytePath } from './byte-path.ts';
import { characterLength } from './path-text.ts';

/** Half a surrogate pair, as Python does it: no pattern that is text can mean it, `?` and `[^x]` match it. */
const FIRST_SURROGATE = 0xdc00;

const OTHER_THAN_ASCII = /[\x80-\xff]/;

export function nameText(name: BytePath): string {
  if (!OTHER_THAN_ASCII.test(name)) return name;
  const bytes = Buffer.from(name, 'latin1');
  if (isUtf8(bytes)) return bytes.toString('utf8');
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const length = characterLength(bytes, at);
    text +=
      length > 0
        ? bytes.toString('utf8', at, at + length)
        : String.fromCharCode(FIRST_SURROGATE + (bytes[at] ?? 0));
    at += Math.max(length, 1);
  }
  return text;
}
