/** Paths and names as byte strings: one character per raw byte (Latin-1), so that names that are not UTF-8 survive and sort as bytes (C6). */

/** A path or name whose characters are raw bytes. Never show it: see `shownPath`. */
export type BytePath = string;

/** From what a person typed. */
export function pathOfText(text: string): BytePath {
  return Buffer.from(text, 'utf8').toString('latin1');
}

export function pathOfBytes(bytes: Uint8Array): BytePath {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

export function bytesOfPath(path: BytePath): Uint8Array {
  const bytes = Buffer.from(path, 'latin1');
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** For messages and patterns: UTF-8, with U+FFFD for bytes that are none. */
export function shownPath(path: BytePath): string {
  return Buffer.from(path, 'latin1').toString('utf8');
}

export function joinPath(folder: BytePath, name: BytePath): BytePath {
  return folder === '/' ? `/${name}` : `${folder}/${name}`;
}

/** The same for paths that are relative to a folder, which itself is ''. */
export function joinNames(path: BytePath, name: BytePath): BytePath {
  return path === '' ? name : `${path}/${name}`;
}

/** What node:fs takes. ASCII is the same in both encodings, and a string costs less than a buffer. */
export function systemPath(path: BytePath): string | Buffer {
  return Buffer.byteLength(path, 'utf8') === path.length ? path : Buffer.from(path, 'latin1');
}
