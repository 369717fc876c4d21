/** Conditional requests (RFC 9110, 13): whether a client has the newest already, and whether its range still fits. */
import type { DavEntry } from './dav-entry.ts';

export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

type Verdict = 'send' | 'not-modified' | 'failed';

/** For GET and HEAD. */
export function checkPreconditions(headers: Headers, entry: DavEntry): Verdict {
  const match = text(headers['if-match']);
  if (match !== undefined && !names(match, entry, false)) return 'failed';
  if (match === undefined && isAfter(entry, text(headers['if-unmodified-since']))) return 'failed';
  const noneMatch = text(headers['if-none-match']);
  if (noneMatch !== undefined) return names(noneMatch, entry, true) ? 'not-modified' : 'send';
  const since = Date.parse(text(headers['if-modified-since']) ?? '');
  return !Number.isNaN(since) && seconds(entry.modifiedMs) <= seconds(since) ? 'not-modified' : 'send';
}

/** False when a range was asked for another version of the file than this (If-Range): then the whole is sent. */
export function rangeStillFits(headers: Headers, entry: DavEntry): boolean {
  const tag = text(headers['if-range'])?.trim();
  if (tag === undefined) return true;
  if (tag.startsWith('"')) return tag === quoted(entry);
  const since = Date.parse(tag);
  return !Number.isNaN(since) && seconds(since) === seconds(entry.modifiedMs);
}

/** As in a header; `undefined` for what has none. */
export function quoted({ etag }: DavEntry): string | undefined {
  return etag === undefined ? undefined : `"${etag}"`;
}

function names(list: string, entry: DavEntry, weak: boolean): boolean {
  const tags = list.split(',').map((tag) => (weak ? tag.trim().replace(/^W\//, '') : tag.trim()));
  return tags.includes('*') || tags.includes(quoted(entry) ?? '-');
}

function isAfter({ modifiedMs }: DavEntry, header: string | undefined): boolean {
  const at = Date.parse(header ?? '');
  return !Number.isNaN(at) && seconds(modifiedMs) > seconds(at);
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000);
}

function text(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : value?.[0];
}
