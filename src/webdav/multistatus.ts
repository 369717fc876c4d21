/** The answer to a PROPFIND (RFC 4918, 13), piece by piece, so that a folder of any length needs no memory. */
import type { DavEntry } from './dav-entry.ts';
import { DAV, type PropertyName, propertyValue } from './properties.ts';
import type { PropfindWish } from './propfind-body.ts';
import { xmlText } from './xml-text.ts';

export const MULTISTATUS_BEGIN = '<?xml version="1.0" encoding="utf-8"?>\n<D:multistatus xmlns:D="DAV:">\n';
export const MULTISTATUS_END = '</D:multistatus>\n';

/** What is told of one entry; `href` percent-encoded. */
export function multistatusResponse(href: string, entry: DavEntry, wish: PropfindWish): string {
  const found: string[] = [];
  const missing: string[] = [];
  for (const property of wish.properties) {
    const value = propertyValue(entry, property);
    if (value !== undefined) found.push(element(property, wish.what === 'names' ? '' : value));
    else if (wish.named) missing.push(element(property, ''));
  }
  const parts = [propstat(found, '200 OK')];
  if (missing.length > 0) parts.push(propstat(missing, '404 Not Found'));
  return `<D:response><D:href>${xmlText(href)}</D:href>${parts.join('')}</D:response>\n`;
}

/** The body of a refusal that names what was not met (RFC 4918, 16). */
export function davError(condition: string): string {
  return `<?xml version="1.0" encoding="utf-8"?>\n<D:error xmlns:D="DAV:"><D:${condition}/></D:error>\n`;
}

function propstat(elements: readonly string[], status: string): string {
  return `<D:propstat><D:prop>${elements.join('')}</D:prop><D:status>HTTP/1.1 ${status}</D:status></D:propstat>`;
}

function element({ namespace, name }: PropertyName, inner: string): string {
  const [open, close] =
    namespace === DAV ? [`D:${name}`, `D:${name}`] : [other(namespace, name), otherName(namespace, name)];
  return inner === '' ? `<${open}/>` : `<${open}>${inner}</${close}>`;
}

function otherName(namespace: string, name: string): string {
  return namespace === '' ? name : `x:${name}`;
}

function other(namespace: string, name: string): string {
  return namespace === '' ? name : `x:${name} xmlns:x="${xmlText(namespace)}"`;
}
