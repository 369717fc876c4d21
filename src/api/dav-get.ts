/** Answers GET and HEAD: the bytes of a file or a part of them, a folder as a page for a browser, or as a tar. */
import type { OutgoingHttpHeaders } from 'node:http';
import { parseRange } from '../webdav/byte-range.ts';
import { httpDate } from '../webdav/dav-date.ts';
import type { DavFile, DavFolder, DavTree } from '../webdav/dav-entry.ts';
import { encodeName, hrefOf } from '../webdav/dav-path.ts';
import { PAGE_END, pageBegin, pageRow } from '../webdav/folder-page.ts';
import { checkPreconditions, quoted, rangeStillFits } from '../webdav/preconditions.ts';
import { type DavExchange, HttpRefusal, SAFE_HEADERS, send } from './dav-exchange.ts';

interface GetTarget {
  readonly secret: string;
  readonly names: readonly string[];
  readonly slash: boolean;
  readonly query: string;
}

/** Throws HttpRefusal, and what the tree throws. */
export async function answerGet(exchange: DavExchange, tree: DavTree, target: GetTarget): Promise<void> {
  const { secret, names, slash, query } = target;
  const node = await tree.find(names, exchange.signal);
  if (!node) throw new HttpRefusal(404, 'nothing is here');
  if (!node.folder) {
    if (query !== '') throw new HttpRefusal(400, `a file has no "?${query}"`);
    return await answerFile(exchange, node);
  }
  if (query === 'tar') return await answerTar(exchange, node);
  if (query !== '') throw new HttpRefusal(400, 'a folder has "?tar" only');
  // Links of the page are relative.
  if (!slash)
    throw new HttpRefusal(301, 'a folder ends with "/"', { Location: hrefOf([secret, ...names], true) });
  await answerPage(exchange, node, names);
}

async function answerFile(exchange: DavExchange, file: DavFile): Promise<void> {
  const { request, response, signal } = exchange;
  const headers = fileHeaders(file);
  const verdict = checkPreconditions(request.headers, file);
  if (verdict === 'failed') throw new HttpRefusal(412, 'the file is another one by now');
  if (verdict === 'not-modified') {
    response.writeHead(304, headers);
    response.end();
    return;
  }
  const range = rangeStillFits(request.headers, file)
    ? parseRange(request.headers.range, file.size)
    : undefined;
  if (range === 'unsatisfiable') {
    throw new HttpRefusal(416, `the file has ${file.size} bytes`, {
      'Content-Range': `bytes */${file.size}`,
    });
  }
  const { start, end } = range ?? { start: 0, end: file.size };
  const head = (): void => {
    response.writeHead(range ? 206 : 200, {
      ...headers,
      'Content-Type': 'application/octet-stream',
      'Content-Length': end - start,
      ...(range ? { 'Content-Range': `bytes ${start}-${end - 1}/${file.size}` } : {}),
    });
  };
  if (request.method !== 'HEAD') return await send(exchange, file.read({ start, end }, signal), head);
  head();
  response.end();
}

function fileHeaders(file: DavFile): OutgoingHttpHeaders {
  return {
    'Accept-Ranges': 'bytes',
    ETag: quoted(file),
    'Last-Modified': httpDate(file.modifiedMs),
    // A file of the latest snapshot is another one tomorrow: ask, and hear 304.
    'Cache-Control': 'private, no-cache',
    ...SAFE_HEADERS,
  };
}

async function answerTar(exchange: DavExchange, { name, tar }: DavFolder): Promise<void> {
  const { request, response, signal } = exchange;
  if (!tar) throw new HttpRefusal(400, 'choose one snapshot, or a folder in it: this folder holds many');
  const head = (): void => {
    response.writeHead(200, {
      'Content-Type': 'application/x-tar',
      'Content-Disposition': `attachment; filename*=UTF-8''${encodeName(`${name}.tar`)}`,
      ...SAFE_HEADERS,
    });
  };
  if (request.method !== 'HEAD') return await send(exchange, tar(signal), head);
  head();
  response.end();
}

async function answerPage(
  exchange: DavExchange,
  { children, tar }: DavFolder,
  names: readonly string[],
): Promise<void> {
  const { request, response, signal } = exchange;
  const head = (): void => {
    response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', ...SAFE_HEADERS });
  };
  const rows = async function* (): AsyncGenerator<string> {
    let text = pageBegin(names, tar !== undefined);
    for await (const entry of children(signal)) {
      text += pageRow(entry);
      if (text.length < PIECE) continue;
      yield text;
      text = '';
    }
    yield text + PAGE_END;
  };
  if (request.method !== 'HEAD') return await send(exchange, rows(), head);
  head();
  response.end();
}

const PIECE = 32 * 1024;
