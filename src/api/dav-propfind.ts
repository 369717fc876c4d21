/** Answers PROPFIND: what an entry is, and with depth 1 what is in it. */
import type { DavEntry, DavNode, DavTree } from '../webdav/dav-entry.ts';
import { hrefOf } from '../webdav/dav-path.ts';
import { depthOf } from '../webdav/methods.ts';
import { davError, MULTISTATUS_BEGIN, MULTISTATUS_END, multistatusResponse } from '../webdav/multistatus.ts';
import { MAX_PROPFIND_BYTES, type PropfindWish, parsePropfind } from '../webdav/propfind-body.ts';
import { type DavExchange, HttpRefusal, SAFE_HEADERS, send } from './dav-exchange.ts';

interface Place {
  readonly secret: string;
  /** Without the secret. */
  readonly names: readonly string[];
}

const NOTHING_AT_ROOT: DavNode = {
  name: '',
  folder: true,
  size: 0,
  modifiedMs: 0,
  children: async function* () {},
};

/** Without a place: the root above the secret. Throws HttpRefusal, and what the tree throws. */
export async function answerPropfind(
  exchange: DavExchange,
  tree: DavTree,
  place: Place | undefined,
): Promise<void> {
  const { request, response, signal } = exchange;
  const depth = depthOf(header(request.headers.depth));
  if (depth === undefined) throw new HttpRefusal(400, 'Depth is 0 or 1');
  if (depth === 'infinity') throw new HttpRefusal(403, davError('propfind-finite-depth'));
  const wish = parsePropfind(await bodyOf(exchange));
  if (!wish) throw new HttpRefusal(400, 'this is no PROPFIND that this server can read');
  const node = place ? await tree.find(place.names, signal) : NOTHING_AT_ROOT;
  if (!node) throw new HttpRefusal(404, 'nothing is here');
  const path = place ? [place.secret, ...place.names] : [];
  const listed = depth === 1 && node.folder;
  await send(exchange, multistatus(path, node, wish, listed ? node.children(signal) : undefined), () => {
    response.writeHead(207, { 'Content-Type': 'application/xml; charset=utf-8', ...SAFE_HEADERS });
  });
}

/** What can fail is asked for before the first piece is given. */
async function* multistatus(
  path: readonly string[],
  node: DavNode,
  wish: PropfindWish,
  children: AsyncIterable<DavEntry> | undefined,
): AsyncGenerator<string> {
  let text = MULTISTATUS_BEGIN + multistatusResponse(hrefOf(path, node.folder), node, wish);
  for await (const child of children ?? []) {
    text += multistatusResponse(hrefOf([...path, child.name], child.folder), child, wish);
    if (text.length < PIECE) continue;
    yield text;
    text = '';
  }
  yield text + MULTISTATUS_END;
}

const PIECE = 32 * 1024;

async function bodyOf({ request }: DavExchange): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Uint8Array>) {
    length += part.length;
    if (length > MAX_PROPFIND_BYTES)
      throw new HttpRefusal(413, 'this PROPFIND is too long', { Connection: 'close' });
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function header(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : value?.[0];
}
