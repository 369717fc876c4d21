import { DOMParser, onErrorStopParsing } from '@xmldom/xmldom';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/model/bytes.ts';
import type { DavEntry } from '../../src/webdav/dav-entry.ts';
import { hrefOf } from '../../src/webdav/dav-path.ts';
import { pageBegin, pageRow } from '../../src/webdav/folder-page.ts';
import { MULTISTATUS_BEGIN, MULTISTATUS_END, multistatusResponse } from '../../src/webdav/multistatus.ts';
import { type PropfindWish, parsePropfind } from '../../src/webdav/propfind-body.ts';
import { shownName } from '../../src/webdav/shown-name.ts';

const FILE: DavEntry = { name: 'a', folder: false, size: 10, modifiedMs: 0, etag: 'tag', executable: true };
const FOLDER: DavEntry = { name: 'f', folder: true, size: 0, modifiedMs: 0 };

function wishOf(body: string): PropfindWish {
  const wish = parsePropfind(utf8(body));
  if (!wish) throw new Error('refused');
  return wish;
}

function answer(entry: DavEntry, body: string, href = '/x'): string {
  return MULTISTATUS_BEGIN + multistatusResponse(href, entry, wishOf(body)) + MULTISTATUS_END;
}

const parse = (xml: string) =>
  new DOMParser({ onError: onErrorStopParsing }).parseFromString(xml, 'text/xml');

describe('the answer to a PROPFIND', () => {
  it('tells everything to an empty body and to allprop', () => {
    const all = answer(FILE, '');
    for (const part of [
      'getcontentlength>10<',
      'getetag>&quot;tag&quot;<',
      'executable',
      'Thu, 01 Jan 1970',
      '<D:resourcetype/>',
    ]) {
      expect(all).toContain(part);
    }
    expect(answer(FILE, '<propfind xmlns="DAV:"><allprop/></propfind>')).toBe(all);
    expect(all).not.toContain('404');
  });

  it('tells folders by their resource type, and gives them no length', () => {
    expect(answer(FOLDER, '')).toContain('<D:resourcetype><D:collection/></D:resourcetype>');
    expect(answer(FOLDER, '')).not.toContain('getcontentlength');
  });

  it('answers 404 for each property it does not have, in its own namespace', () => {
    const body = `<?xml version="1.0"?><a:propfind xmlns:a="DAV:"><a:prop><a:getetag/><a:quota-used-bytes/><b:x xmlns:b="urn:b&amp;c"/><y xmlns=""/></a:prop></a:propfind>`;
    const document = parse(answer(FILE, body));
    const [found, missing] = [...document.getElementsByTagNameNS('DAV:', 'propstat')];
    expect(found?.textContent).toContain('200 OK');
    expect(found?.getElementsByTagNameNS('DAV:', 'getetag')).toHaveLength(1);
    expect(missing?.textContent).toContain('404 Not Found');
    expect(missing?.getElementsByTagNameNS('DAV:', 'quota-used-bytes')).toHaveLength(1);
    expect(missing?.getElementsByTagNameNS('urn:b&c', 'x')).toHaveLength(1);
    expect(missing?.getElementsByTagName('y')[0]?.namespaceURI || '').toBe('');
    expect(missing?.getElementsByTagName('y')).toHaveLength(1);
  });

  it('names the properties there are, without values', () => {
    expect(answer(FILE, '<propfind xmlns="DAV:"><propname/></propfind>')).toContain('<D:getetag/>');
  });

  it('is well-formed for every name, and its address is found again', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 16 }), (bytes) => {
        const name = shownName(bytes.filter((byte) => byte !== 0 && byte !== 0x2f));
        const document = parse(answer({ ...FILE, name }, '', hrefOf(['s', name], false)));
        expect(document.getElementsByTagNameNS('DAV:', 'displayname')[0]?.textContent).toBe(name);
        const href = document.getElementsByTagNameNS('DAV:', 'href')[0]?.textContent ?? '';
        expect(decodeURIComponent(href)).toBe(`/s${name === '' ? '/' : `/${name}`}`);
      }),
    );
  });
});

it.each([
  'no xml',
  '<propfind xmlns="DAV:">',
  '<propfind/>',
  '<propfind xmlns="DAV:"/>',
  '<x xmlns="DAV:"><allprop/></x>',
  '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><propfind xmlns="DAV:"><prop>&e;</prop></propfind>',
  `<propfind xmlns="DAV:"><prop>${'<a/>'.repeat(300)}</prop></propfind>`,
  `<propfind xmlns="DAV:"><allprop/>${' '.repeat(70_000)}</propfind>`,
])('refuses what is no PROPFIND: %.60s', (body) => {
  expect(parsePropfind(utf8(body))).toBeUndefined();
});

it('shows names on the page for a browser as text, whatever they hold', () => {
  const name = `<script>alert("1")</script>&'`;
  expect(pageRow({ ...FILE, name })).not.toContain('<script');
  expect(pageBegin([name], true)).not.toContain('<script');
});
