/** Names of files as every client can show and send them: readable text for any raw bytes, and back to exactly those bytes. */
import { isUtf8 } from 'node:buffer';
import { utf8 } from '../model/bytes.ts';

/** Stands before two hex digits for a byte that is no text. */
const MARK = '\ufffd';
const MARKED_BYTE = /\ufffd([0-9A-F]{2})/g;
/** What XML 1.0 cannot carry or a terminal would obey, and the mark itself where it could be misread. */
const UNSHOWABLE = /\p{Cc}|[\ufffe\uffff]|\ufffd(?=[0-9A-F]{2})/gu;
/** The same between bytes that are no text, where a mark is always followed by digits. */
const UNSHOWABLE_ALONE = /[\p{Cc}\ufffd-\uffff]/gu;

/** UTF-8 as it is; bytes that are none, and control characters, as U+FFFD and two hex digits. No two names look the same. */
export function shownName(name: Uint8Array): string {
  const bytes = Buffer.from(name.buffer, name.byteOffset, name.byteLength);
  if (isUtf8(bytes)) return bytes.toString('utf8').replace(UNSHOWABLE, marked);
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const length = characterLength(bytes, at);
    if (length === 0) text += byteMark(bytes, at);
    else text += bytes.toString('utf8', at, at + length).replace(UNSHOWABLE_ALONE, marked);
    at += Math.max(length, 1);
  }
  return text;
}

/**
 * The raw names that a client may mean by `shown`, the likeliest first. Some systems send another Unicode form of a name than they
 * were told (macOS: decomposed), so both forms follow.
 */
export function rawNames(shown: string): Uint8Array[] {
  const exact = unmarked(shown);
  const forms = [shown.normalize('NFC'), shown.normalize('NFD')].filter((form) => form !== shown);
  return [exact, ...forms.map(unmarked)];
}

function unmarked(shown: string): Uint8Array {
  const parts = shown.split(MARKED_BYTE);
  return Buffer.concat(parts.map((part, i) => (i % 2 === 1 ? Buffer.from(part, 'hex') : utf8(part))));
}

function marked(text: string): string {
  const bytes = Buffer.from(text, 'utf8');
  return Array.from(bytes, (_, at) => byteMark(bytes, at)).join('');
}

function byteMark(bytes: Buffer, at: number): string {
  return MARK + bytes.toString('hex', at, at + 1).toUpperCase();
}

/** Bytes of the valid UTF-8 character at `at`, or 0. */
function characterLength(bytes: Buffer, at: number): number {
  for (let length = 1; length <= 4 && at + length <= bytes.length; length++) {
    if (isUtf8(bytes.subarray(at, at + length))) return length;
  }
  return 0;
}
