/** Addresses: from the path of a request to names, and from names to an address that every client can send back. */

export interface DavTarget {
  /** As shown, from the root of the server, the secret first. */
  readonly names: readonly string[];
  /** The client wrote it as a folder. */
  readonly slash: boolean;
  /** Without "?"; '' when there is none. */
  readonly query: string;
}

const MAX_TARGET = 32 * 1024;
/** Deeper than any path that a system accepts. */
const MAX_NAMES = 4096;

/**
 * `undefined` for what is no path of ours: too long, "." or "..", wrong percent signs, bytes that are no UTF-8, a "/" or NUL hidden in a
 * name. Absolute addresses (as proxies send them) count by their path.
 */
export function parseTarget(url: string): DavTarget | undefined {
  if (url.length > MAX_TARGET) return undefined;
  const local = url.replace(/^https?:\/\/[^/?#]*/i, '').replace(/#.*$/s, '');
  const mark = local.indexOf('?');
  const path = mark < 0 ? local : local.slice(0, mark);
  if (!path.startsWith('/')) return undefined;
  const parts = path.split('/').filter((part) => part !== '');
  if (parts.length > MAX_NAMES) return undefined;
  const names: string[] = [];
  for (const part of parts) {
    const name = decoded(part);
    if (name === undefined || name === '.' || name === '..' || /[/\0]/.test(name)) return undefined;
    names.push(name);
  }
  return { names, slash: path.endsWith('/'), query: mark < 0 ? '' : local.slice(mark + 1) };
}

/** Percent-encoded but for RFC 3986's unreserved characters: clients compare addresses byte by byte. Folders end with "/". */
export function hrefOf(names: readonly string[], folder: boolean): string {
  if (names.length === 0) return '/';
  return `/${names.map(encodeName).join('/')}${folder ? '/' : ''}`;
}

export function encodeName(name: string): string {
  return encodeURIComponent(name.toWellFormed()).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
