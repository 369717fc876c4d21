/** What each method of HTTP and WebDAV may do here: look, and nothing else. */

export const ALLOWED_METHODS = 'OPTIONS, GET, HEAD, PROPFIND';

const WRITING = new Set([
  'PUT',
  'POST',
  'PATCH',
  'DELETE',
  'MKCOL',
  'COPY',
  'MOVE',
  'PROPPATCH',
  'ACL',
  'MKCALENDAR',
]);
const KNOWN = ['OPTIONS', 'GET', 'HEAD', 'PROPFIND'] as const;

export type DavMethod = (typeof KNOWN)[number];

export interface Refusal {
  readonly status: 403 | 405;
  readonly text: string;
}

/** A method that is served, or why it is not. Locks are for writing, and a server without them is mounted read-only by macOS. */
export function methodOf(name: string): DavMethod | Refusal {
  const known = KNOWN.find((method) => method === name);
  if (known) return known;
  if (WRITING.has(name)) return { status: 403, text: 'Backups cannot be changed: this folder is read-only.' };
  return { status: 405, text: `${name} is not served here: this folder is read-only.` };
}

export type Depth = 0 | 1 | 'infinity';

/** RFC 4918, 10.2: without the header it is infinity. `undefined` for nonsense. */
export function depthOf(header: string | undefined): Depth | undefined {
  const text = (header ?? 'infinity').trim().toLowerCase();
  if (text === '0') return 0;
  if (text === '1') return 1;
  return text === 'infinity' ? 'infinity' : undefined;
}
