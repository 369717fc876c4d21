/** One request and its answer: bodies with backpressure, refusals in words. */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export interface DavExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Aborts when the client has gone. */
  readonly signal: AbortSignal;
}

/** Pages of a backup may be looked at, but nothing in them runs here, nor learns the address. */
export const SAFE_HEADERS: OutgoingHttpHeaders = {
  'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-downloads",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

/** An answer other than what was asked for, with a sentence (or XML) for who reads it. */
export class HttpRefusal extends Error {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;

  constructor(status: number, text: string, headers: OutgoingHttpHeaders = {}) {
    super(text);
    this.status = status;
    this.headers = headers;
  }
}

export function refuse(response: ServerResponse, { status, message, headers }: HttpRefusal): void {
  const body = Buffer.from(message.startsWith('<?xml') ? message : `${message}\n`);
  response.writeHead(status, {
    'Content-Type': message.startsWith('<?xml')
      ? 'application/xml; charset=utf-8'
      : 'text/plain; charset=utf-8',
    'Content-Length': body.length,
    ...SAFE_HEADERS,
    ...headers,
  });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

/** Sends `parts` as fast as the client takes them. `head` is called when the first one is there, so that what fails before has its own status. */
export async function send(
  { response, signal }: DavExchange,
  parts: AsyncIterable<Uint8Array | string>,
  head: () => void,
): Promise<void> {
  const iterator = parts[Symbol.asyncIterator]();
  const first = await iterator.next();
  head();
  await pipeline(Readable.from(after(first, iterator), { objectMode: true, highWaterMark: 1 }), response, {
    signal,
  });
}

async function* after<T>(first: IteratorResult<T>, rest: AsyncIterator<T>): AsyncGenerator<T> {
  try {
    for (let each = first; each.done !== true; each = await rest.next()) yield each.value;
  } finally {
    await rest.return?.();
  }
}
