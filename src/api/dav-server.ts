/** The loopback server of a mounted vault: takes requests, refuses strangers, and lets the rest look at a tree, read-only. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isVaultError, VaultError } from '../model/errors.ts';
import type { DavTree } from '../webdav/dav-entry.ts';
import { parseTarget } from '../webdav/dav-path.ts';
import { isSecret, strangerIn } from '../webdav/guard.ts';
import { ALLOWED_METHODS, methodOf } from '../webdav/methods.ts';
import { type DavExchange, HttpRefusal, refuse } from './dav-exchange.ts';
import { answerGet } from './dav-get.ts';
import { answerPropfind } from './dav-propfind.ts';

export interface DavServerOptions {
  readonly tree: DavTree;
  /** First name of every path. */
  readonly secret: string;
  /** 0: any free one. */
  readonly port: number;
  /** What could not be read. */
  readonly onFault: (message: string) => void;
}

export interface DavServer {
  readonly port: number;
  close(): Promise<void>;
}

const HOST = '127.0.0.1';
const MAX_CONNECTIONS = 64;

/** Listens on 127.0.0.1 only. Throws 'io' when the port cannot be had. */
export async function startDavServer(options: DavServerOptions): Promise<DavServer> {
  let port = options.port;
  const server = createServer((request, response) => {
    void answer(request, response, options, port);
  });
  server.maxConnections = MAX_CONNECTIONS;
  port = await listen(server, options.port);
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      reject(
        new VaultError('io', `cannot listen on ${HOST}:${port}: ${cause.message}`, {
          hint: 'Choose another --port, or none: then a free one is taken.',
          cause,
        }),
      );
    });
    server.listen(port, HOST, () => resolve((server.address() as AddressInfo).port));
  });
}

/** Never rejects. */
async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: DavServerOptions,
  port: number,
): Promise<void> {
  const gone = new AbortController();
  response.on('close', () => gone.abort(new VaultError('closed', 'the client has gone')));
  try {
    await dispatch({ request, response, signal: gone.signal }, options, port);
  } catch (error) {
    if (error instanceof HttpRefusal) return refuse(response, error);
    if (gone.signal.aborted) return;
    const message = error instanceof Error ? error.message : String(error);
    options.onFault(`${request.method ?? ''} ${shownPath(request.url, options.secret)}: ${message}`);
    // Behind the first byte only a broken connection says that this is not all.
    if (response.headersSent) response.destroy();
    else refuse(response, statusOf(error, message));
  }
}

async function dispatch(
  exchange: DavExchange,
  { tree, secret }: DavServerOptions,
  port: number,
): Promise<void> {
  const { request, response } = exchange;
  const stranger = strangerIn(request.headers, port);
  if (stranger !== undefined) throw new HttpRefusal(403, stranger, { Connection: 'close' });
  const method = methodOf(request.method ?? '');
  if (typeof method !== 'string') {
    throw new HttpRefusal(method.status, method.text, { Allow: ALLOWED_METHODS, Connection: 'close' });
  }
  if (method === 'OPTIONS') return welcome(response);
  const target = parseTarget(request.url ?? '');
  if (!target) throw new HttpRefusal(400, 'this is no usable path');
  const [first, ...names] = target.names;
  // Windows looks at the root before it goes on: an empty folder tells nothing.
  const atRoot = first === undefined && method === 'PROPFIND';
  if (!atRoot && !isSecret(first, secret)) throw new HttpRefusal(404, 'nothing is here');
  if (method === 'PROPFIND')
    return await answerPropfind(exchange, tree, atRoot ? undefined : { secret, names });
  await answerGet(exchange, tree, { secret, names, slash: target.slash, query: target.query });
}

/** Class 1 only: macOS then mounts read-only and asks for no locks. Windows wants the third header. */
function welcome(response: ServerResponse): void {
  response.writeHead(200, {
    DAV: '1',
    Allow: ALLOWED_METHODS,
    'MS-Author-Via': 'DAV',
    'Accept-Ranges': 'bytes',
    'Content-Length': 0,
  });
  response.end();
}

function statusOf(error: unknown, message: string): HttpRefusal {
  if (isVaultError(error, 'unavailable', 'timeout', 'closed')) {
    return new HttpRefusal(503, message, { 'Retry-After': '10' });
  }
  return new HttpRefusal(500, message);
}

/** For the screen, without the secret and without control characters. */
function shownPath(url: string | undefined, secret: string): string {
  const names = parseTarget(url ?? '')?.names ?? [];
  const shown = names[0] === secret ? names.slice(1) : names;
  return `/${shown.join('/')}`.replace(/\p{Cc}/gu, '?');
}
