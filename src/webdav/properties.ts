/** The live properties of an entry (RFC 4918, 15), as XML elements by name. */
import { httpDate, isoDate } from './dav-date.ts';
import type { DavEntry } from './dav-entry.ts';
import { quoted } from './preconditions.ts';
import { xmlText } from './xml-text.ts';

export interface PropertyName {
  readonly namespace: string;
  readonly name: string;
}

export const DAV = 'DAV:';
/** mod_dav's own, which davfs2 reads too. */
const APACHE = 'http://apache.org/dav/props/';

/** What the element holds; `undefined` when this entry has no such property. */
type Value = (entry: DavEntry) => string | undefined;

const KNOWN: ReadonlyMap<string, Value> = new Map<string, Value>([
  [`${DAV} resourcetype`, ({ folder }) => (folder ? '<D:collection/>' : '')],
  [`${DAV} displayname`, ({ name }) => xmlText(name)],
  [`${DAV} getcontentlength`, ({ folder, size }) => (folder ? undefined : String(size))],
  [`${DAV} getlastmodified`, ({ modifiedMs }) => httpDate(modifiedMs)],
  [`${DAV} creationdate`, ({ modifiedMs }) => isoDate(modifiedMs)],
  [`${DAV} getetag`, (entry) => xmlText(quoted(entry) ?? '') || undefined],
  // Present and empty: nothing here can be locked.
  [`${DAV} supportedlock`, () => ''],
  [`${DAV} lockdiscovery`, () => ''],
  [`${APACHE} executable`, ({ folder, executable }) => (folder ? undefined : executable ? 'T' : 'F')],
]);

export const ALL_PROPERTIES: readonly PropertyName[] = [...KNOWN.keys()].map((key) => {
  const [namespace = '', name = ''] = key.split(' ');
  return { namespace, name };
});

/** Inner XML of the property (elements with the prefix D for "DAV:"), or `undefined` when the entry has none. */
export function propertyValue(entry: DavEntry, { namespace, name }: PropertyName): string | undefined {
  return KNOWN.get(`${namespace} ${name}`)?.(entry);
}
