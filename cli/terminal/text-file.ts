/** Text and lists as people and programs write them into files: any of the usual encodings, lines or names that end in a zero byte. Pure. */
import { VaultError } from '../../src/index.ts';

/** UTF-8, or UTF-16 with a byte order mark. */
function textOf(bytes: Uint8Array): string {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  return new TextDecoder('utf-8').decode(bytes);
}

/** Patterns, one a line: without the spaces around them, without empty lines and those that begin with #. */
export function patternLines(bytes: Uint8Array): string[] {
  const lines = textOf(bytes).split('\n');
  return lines.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'));
}

/** Paths, one a line, as they are; empty lines say nothing. */
export function pathLines(bytes: Uint8Array): Uint8Array[] {
  const isUtf16 = bytes[0] === 0xff || bytes[0] === 0xfe;
  return parts(isUtf16 ? Buffer.from(textOf(bytes)) : withoutMark(bytes), 0x0a)
    .map((line) => (line.at(-1) === 0x0d ? line.subarray(0, -1) : line))
    .filter((line) => line.length > 0);
}

/** Paths, each with a zero byte at its end. Throws 'usage' when the last one is missing, as the list may be cut off, and for an empty path. */
export function rawPaths(bytes: Uint8Array, what: string): Uint8Array[] {
  if (bytes.length > 0 && bytes.at(-1) !== 0) {
    throw new VaultError('usage', `${what} does not end with a zero byte: it may be cut off`, {
      hint: 'For example: find DIR -print0 > FILE. A list with a path on each line is for --files-from-verbatim.',
    });
  }
  const found = parts(bytes, 0).slice(0, -1);
  if (found.some((path) => path.length === 0)) throw new VaultError('usage', `${what} has an empty path`);
  return found;
}

function withoutMark(bytes: Uint8Array): Uint8Array {
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return marked ? bytes.subarray(3) : bytes;
}

function parts(bytes: Uint8Array, separator: number): Uint8Array[] {
  const found: Uint8Array[] = [];
  let start = 0;
  for (let end = bytes.indexOf(separator); end >= 0; end = bytes.indexOf(separator, start)) {
    found.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return [...found, bytes.subarray(start)];
}
