/** What a PROPFIND asks for (RFC 4918, 9.1): read from its XML with bounds, no entities, no document types. */
import { DOMParser, type Element, onErrorStopParsing } from '@xmldom/xmldom';
import { ALL_PROPERTIES, DAV, type PropertyName } from './properties.ts';

export interface PropfindWish {
  /** 'names': only which properties there are. */
  readonly what: 'values' | 'names';
  readonly properties: readonly PropertyName[];
  /** Named one by one, so what an entry lacks is answered by 404. */
  readonly named: boolean;
}

export const MAX_PROPFIND_BYTES: number = 64 * 1024;
const MAX_PROPERTIES = 256;
const XML_NAME = /^[\p{L}_][\p{L}\p{N}_.-]{0,127}$/u;

const EVERYTHING: PropfindWish = { what: 'values', properties: ALL_PROPERTIES, named: false };

/** An empty body asks for everything. `undefined` for XML that is none, or no PROPFIND. */
export function parsePropfind(body: Uint8Array): PropfindWish | undefined {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
  if (text.trim() === '') return EVERYTHING;
  if (body.length > MAX_PROPFIND_BYTES || /<!(DOCTYPE|ENTITY)/i.test(text)) return undefined;
  const root = rootOf(text);
  if (root?.namespaceURI !== DAV || root.localName !== 'propfind') return undefined;
  const children = elementsOf(root).filter(({ namespaceURI }) => namespaceURI === DAV);
  for (const child of children) {
    if (child.localName === 'allprop') return EVERYTHING;
    if (child.localName === 'propname') return { what: 'names', properties: ALL_PROPERTIES, named: false };
    if (child.localName === 'prop') return named(elementsOf(child));
  }
  return undefined;
}

function named(elements: readonly Element[]): PropfindWish | undefined {
  if (elements.length > MAX_PROPERTIES) return undefined;
  const properties = elements.map(({ namespaceURI, localName }) => ({
    namespace: namespaceURI ?? '',
    name: localName ?? '',
  }));
  // They are sent back as element names.
  if (!properties.every(({ name }) => XML_NAME.test(name))) return undefined;
  return { what: 'values', properties, named: true };
}

function rootOf(text: string): Element | undefined {
  try {
    const parser = new DOMParser({ onError: onErrorStopParsing });
    return parser.parseFromString(text, 'text/xml').documentElement ?? undefined;
  } catch {
    return undefined;
  }
}

function elementsOf(parent: Element): Element[] {
  return [...parent.childNodes].filter((node): node is Element => node.nodeType === node.ELEMENT_NODE);
}
