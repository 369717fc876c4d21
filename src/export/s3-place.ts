/** An export in an S3-compatible bucket: one object for each file, signed requests, bounded answers, patience with a busy server (X6). */
import { AwsClient } from 'aws4fetch';
import { digestOf } from '../crypto/digest.ts';
import { toHex } from '../model/bytes.ts';
import { type ErrorCode, isVaultError, VaultError } from '../model/errors.ts';
import { MiB } from '../model/units.ts';
import type { Clock } from '../runtime/clock.ts';
import type { WaitOptions } from '../store/chunk-store.ts';
import type { ExportPlace, PlaceRoom } from './export-place.ts';
import type { S3Credentials } from './s3-credentials.ts';
import { parseListing } from './s3-listing.ts';

export interface S3Address {
  /** "https://host[:port]" */
  readonly origin: string;
  readonly bucket: string;
  /** Without '/' at its ends; may be empty. */
  readonly prefix: string;
}

export interface S3PlaceOptions extends S3Address {
  readonly name: string;
  readonly credentials: S3Credentials;
  readonly clock: Clock;
}

const MAX_LISTING_BYTES: number = 8 * MiB;
const MAX_PAGES = 10_000;
const TRIES = 4;
const FIRST_PAUSE_MS = 500;
/** The largest file takes this long at a quarter of a Mbit/s. */
const REQUEST_MS = 180_000;
/** Worth trying again: the server is busy, or somebody between us and it. */
const PASSING = new Set([408, 429, 500, 502, 503, 504]);
const CODES: Readonly<Record<number, ErrorCode>> = { 401: 'denied', 403: 'denied', 507: 'no-space' };

/** "s3:https://host/bucket/prefix". Throws 'usage'. */
export function parseS3Address(text: string): S3Address {
  const url = URL.parse(text.replace(/^s3:/, ''));
  const [bucket = '', ...rest] = (url?.pathname ?? '').split('/').filter((part) => part !== '');
  const web = url?.protocol === 'https:' || url?.protocol === 'http:';
  if (url && web && bucket !== '' && url.username === '' && url.password === '' && url.search === '') {
    return {
      origin: url.origin,
      bucket: decodeURIComponent(bucket),
      prefix: rest.map(decodeURIComponent).join('/'),
    };
  }
  throw new VaultError('usage', 'a bucket is written s3:https://host/bucket/prefix', {
    hint: 'Its key comes from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or from a credentials file.',
  });
}

export class S3Place implements ExportPlace {
  readonly name: string;
  readonly #options: S3PlaceOptions;
  readonly #client: AwsClient;

  constructor(options: S3PlaceOptions) {
    this.name = options.name;
    this.#options = options;
    this.#client = new AwsClient({ ...options.credentials, service: 's3', retries: 0 });
  }

  async read(name: string, maxBytes: number, options: WaitOptions = {}): Promise<Uint8Array | undefined> {
    return this.#send('GET', this.#urlOf(name), options, async (response) => {
      if (response.status === 404) return await this.#absent(response);
      return bounded(response, maxBytes, `${name} in ${this.name}`);
    });
  }

  /** A bucket has an object whole or not at all. The server checks the hash of what it got. */
  async write(name: string, bytes: Uint8Array, options: WaitOptions = {}): Promise<void> {
    const body = Uint8Array.from(bytes);
    await this.#send('PUT', this.#urlOf(name), options, async (response) => this.#notThere(response), body);
  }

  async remove(name: string, options: WaitOptions = {}): Promise<void> {
    await this.#send('DELETE', this.#urlOf(name), options, async (response) => {
      await response.body?.cancel();
    });
  }

  async list(folder: string, options: WaitOptions = {}): Promise<readonly string[]> {
    const { origin, bucket } = this.#options;
    const prefix = `${this.#keyOf(folder)}/`;
    const names: string[] = [];
    let from: string | undefined;
    for (let page = 0; page < MAX_PAGES; page++) {
      const query = new URLSearchParams({ 'list-type': '2', delimiter: '/', prefix });
      if (from !== undefined) query.set('continuation-token', from);
      const url = `${origin}/${encodeURIComponent(bucket)}?${query.toString()}`;
      const xml = await this.#send('GET', url, options, async (response) => {
        await this.#notThere(response);
        return bounded(response, MAX_LISTING_BYTES, `the list of ${this.name}`);
      });
      const { keys, next } = parseListing(Buffer.from(xml).toString('utf8'));
      for (const key of keys) {
        if (key.startsWith(prefix) && key !== prefix) names.push(key.slice(prefix.length).replace(/\/$/, ''));
      }
      if (next === undefined) return names.sort();
      from = next;
    }
    throw new VaultError('corrupt', `the list of ${this.name} does not end`);
  }

  async room(): Promise<PlaceRoom> {
    return { freeBytes: Number.POSITIVE_INFINITY, unitBytes: 1 };
  }

  async tidy(): Promise<void> {
    // A write that was cut off left nothing.
  }

  #keyOf(name: string): string {
    const { prefix } = this.#options;
    return prefix === '' ? name : `${prefix}/${name}`;
  }

  #urlOf(name: string): string {
    const { origin, bucket } = this.#options;
    const path = [bucket, ...this.#keyOf(name).split('/')].map(encodeURIComponent).join('/');
    return `${origin}/${path}`;
  }

  /** No such object; but a bucket that does not exist is no empty one. */
  async #absent(response: Response): Promise<undefined> {
    const text = Buffer.from(await bounded(response, MiB, this.name)).toString('utf8');
    if (!text.includes('NoSuchBucket')) return undefined;
    throw this.#noBucket();
  }

  async #notThere(response: Response): Promise<void> {
    if (response.status === 404) throw this.#noBucket();
  }

  #noBucket(): VaultError {
    return new VaultError(
      'not-found',
      `there is no bucket "${this.#options.bucket}" at ${this.#options.origin}`,
      {
        hint: 'Make it first; vault does not make buckets.',
      },
    );
  }

  async #send<T>(
    method: string,
    url: string,
    { signal }: WaitOptions,
    take: (response: Response) => Promise<T>,
    body?: Uint8Array<ArrayBuffer>,
  ): Promise<T> {
    for (let attempt = 1, pauseMs = FIRST_PAUSE_MS; ; attempt++, pauseMs *= 2) {
      signal?.throwIfAborted();
      try {
        return await this.#sendOnce(method, url, signal, take, body);
      } catch (error) {
        signal?.throwIfAborted();
        if (!isVaultError(error, 'unavailable') || attempt === TRIES) throw error;
        await this.#options.clock.sleep(pauseMs, signal);
      }
    }
  }

  async #sendOnce<T>(
    method: string,
    url: string,
    signal: AbortSignal | undefined,
    take: (response: Response) => Promise<T>,
    body?: Uint8Array<ArrayBuffer>,
  ): Promise<T> {
    const late = new AbortController();
    const cancel = this.#options.clock.schedule(REQUEST_MS, () => late.abort(new Error('no answer in time')));
    const headers = { 'x-amz-content-sha256': body ? toHex(digestOf(body)) : EMPTY_SHA256 };
    try {
      const response = await this.#client.fetch(url, {
        method,
        headers,
        signal: signal ? AbortSignal.any([signal, late.signal]) : late.signal,
        ...(body ? { body } : {}),
      });
      if (response.ok || response.status === 404) return await take(response);
      const text = Buffer.from(await bounded(response, MiB, this.name)).toString('utf8');
      throw this.#refusal(response.status, text);
    } catch (cause) {
      if (isVaultError(cause) || signal?.aborted) throw cause;
      throw new VaultError('unavailable', `${this.name} does not answer: ${reasonOf(cause)}`, { cause });
    } finally {
      cancel();
    }
  }

  #refusal(status: number, text: string): VaultError {
    const why = /<Code>([A-Za-z]{1,64})<\/Code>/.exec(text)?.[1] ?? 'no reason given';
    const code = PASSING.has(status)
      ? 'unavailable'
      : (CODES[status] ?? (/Quota/.test(why) ? 'no-space' : 'io'));
    return new VaultError(code, `${this.name} refused (${status}, ${why})`, {
      ...(code === 'denied' ? { hint: 'Check the access key and its rights on the bucket.' } : {}),
      data: { status },
    });
  }
}

const EMPTY_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** Throws 'corrupt' beyond `maxBytes`, before more is taken in. */
async function bounded(response: Response, maxBytes: number, what: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.length;
    if (size > maxBytes)
      throw new VaultError('corrupt', `${what} has more than the ${maxBytes} bytes it can have`);
    parts.push(part);
  }
  return new Uint8Array(Buffer.concat(parts));
}

function reasonOf(cause: unknown): string {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  return inner instanceof Error ? inner.message : String(inner);
}
