/** DAG-CBOR of our formats, strict and bounded: one encoding per value, and nothing but VaultError for any bytes (C6, C7). */
import { isUtf8 } from 'node:buffer';
import { decode, encode } from '@ipld/dag-cbor';
import { compareBytes } from '../model/bytes.ts';
import { assert, VaultError } from '../model/errors.ts';

/** Our deepest value has five levels; a nest of 100,000 arrays must not reach a recursive decoder. */
const MAX_DEPTH = 12;

export interface CborBounds {
  /** What the bytes should be, for messages: "tree page". */
  readonly what: string;
  readonly maxBytes: number;
}

export function encodeCbor(value: unknown, bounds: CborBounds): Uint8Array {
  const bytes = new Uint8Array(encode(value));
  assert(bytes.length <= bounds.maxBytes, `${bounds.what} of ${bytes.length} bytes is over its bound`);
  return bytes;
}

/** Throws 'corrupt' for what is too long, not canonical, not of the plain types, or followed by other bytes. */
export function decodeCbor(bytes: Uint8Array, bounds: CborBounds): unknown {
  const { what, maxBytes } = bounds;
  if (bytes.length > maxBytes) throw damaged(what, `${bytes.length} bytes, at most ${maxBytes} are allowed`);
  try {
    checkShape(bytes, what);
    return decode<unknown>(bytes);
  } catch (cause) {
    if (cause instanceof VaultError) throw cause;
    throw damaged(what, cause instanceof Error ? cause.message : 'not DAG-CBOR', cause);
  }
}

export function damaged(what: string, why: string, cause?: unknown): VaultError {
  const options = cause === undefined ? {} : { cause };
  return new VaultError('corrupt', `damaged ${what}: ${why}`, options);
}

interface Head {
  readonly major: number;
  readonly minor: number;
  readonly value: number;
  readonly next: number;
}

/** Additional information 24-27: the value follows in 1, 2, 4 or 8 bytes. */
const FOLLOWING = [1, 2, 4, 8] as const;

function headAt(bytes: Uint8Array, at: number, what: string): Head {
  const first = bytes[at];
  if (first === undefined) throw damaged(what, 'it ends too early');
  const major = first >>> 5;
  const minor = first & 31;
  if (minor < 24) return { major, minor, value: minor, next: at + 1 };
  const length = FOLLOWING[minor - 24];
  if (length === undefined) throw damaged(what, 'indefinite or reserved length');
  if (at + 1 + length > bytes.length) throw damaged(what, 'it ends too early');
  let value = 0;
  for (let i = at + 1; i <= at + length; i++) value = value * 256 + (bytes[i] ?? 0);
  return { major, minor, value, next: at + 1 + length };
}

interface Level {
  /** Items still to come; a map counts keys and values. */
  left: number;
  readonly map: boolean;
  lastKey: Uint8Array | undefined;
}

/** Walks the heads without recursion: bounded depth, real lengths, sorted text keys, UTF-8, no tags, no floats. */
function checkShape(bytes: Uint8Array, what: string): void {
  const levels: Level[] = [{ left: 1, map: false, lastKey: undefined }];
  let at = 0;
  for (;;) {
    let level = levels[levels.length - 1];
    while (level && level.left === 0) {
      levels.pop();
      level = levels[levels.length - 1];
    }
    if (!level) break;
    const head = headAt(bytes, at, what);
    const isKey = level.map && level.left % 2 === 0;
    level.left--;
    if (isKey && head.major !== 3) throw damaged(what, 'a map key is not text');
    const end = head.major === 2 || head.major === 3 ? head.next + head.value : head.next;
    if (end > bytes.length) throw damaged(what, 'it ends too early');
    if (head.major === 3) checkText(bytes.subarray(head.next, end), isKey ? level : undefined, what);
    else if (head.major === 4 || head.major === 5)
      levels.push(openLevel(head, bytes.length, levels.length, what));
    else if (head.major >= 6) checkSimple(head, what);
    at = end;
  }
  if (at !== bytes.length) throw damaged(what, `${bytes.length - at} bytes too many`);
}

function openLevel(head: Head, length: number, depth: number, what: string): Level {
  const map = head.major === 5;
  const left = map ? head.value * 2 : head.value;
  if (left > length - head.next) throw damaged(what, 'it ends too early');
  if (depth > MAX_DEPTH) throw damaged(what, 'nested too deep');
  return { left, map, lastKey: undefined };
}

function checkText(text: Uint8Array, level: Level | undefined, what: string): void {
  if (!isUtf8(text)) throw damaged(what, 'text that is not UTF-8');
  if (!level) return;
  const last = level.lastKey;
  if (last && (last.length - text.length || compareBytes(last, text)) >= 0) {
    throw damaged(what, 'map keys out of order');
  }
  level.lastKey = text;
}

function checkSimple(head: Head, what: string): void {
  if (head.major !== 7 || head.minor < 20 || head.minor > 22) {
    throw damaged(what, 'a type that this format does not use');
  }
}
