/** A real S3 server (s3rver) on loopback, with a bucket of its own; in front of it signatures are checked, which s3rver does not do. */
import { createHash, createHmac } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface S3rver {
  configureBuckets(): Promise<unknown>;
  callback(): RequestListener;
}

const S3rver = createRequire(import.meta.url)('s3rver') as new (options: Record<string, unknown>) => S3rver;

/** The one key that the server knows. */
const KEY = 'S3RVER';
const SECRET = 'S3RVER';
export const S3_ENV: Readonly<Record<string, string>> = {
  AWS_ACCESS_KEY_ID: KEY,
  AWS_SECRET_ACCESS_KEY: SECRET,
};

export interface TestS3 {
  /** "http://127.0.0.1:port" */
  readonly origin: string;
  /** Where s3rver keeps its objects: <bucket>/<key>._S3rver_object. */
  readonly folder: string;
  end(): Promise<void>;
}

export async function startS3(bucket: string): Promise<TestS3> {
  const folder = await mkdtemp(join(tmpdir(), 'vault-s3-'));
  const options = { silent: true, directory: folder, configureBuckets: [{ name: bucket, configs: [] }] };
  const s3rver = new S3rver(options);
  await s3rver.configureBuckets();
  const serve = s3rver.callback();
  const server = createServer((request, response) => {
    if (isSigned(request)) return serve(request, response);
    response.writeHead(403).end('<Error><Code>SignatureDoesNotMatch</Code></Error>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    folder,
    end: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** AWS Signature Version 4 as its documentation says, written down a second time. */
function isSigned({ method, url = '', headers }: IncomingMessage): boolean {
  const parts =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;
  const [, key, day = '', region = '', names = '', signature] = parts.exec(headers.authorization ?? '') ?? [];
  if (key !== KEY || !names.split(';').includes('x-amz-content-sha256')) return false;
  const [path = '', query = ''] = url.split('?');
  const pairs = query.split('&').filter((pair) => pair !== '');
  const asked = pairs
    .map((pair) => (pair.includes('=') ? pair : `${pair}=`).replaceAll('+', '%20'))
    .sort()
    .join('&');
  const signed = names.split(';').map((name) => `${name}:${String(headers[name]).trim()}\n`);
  const body = String(headers['x-amz-content-sha256']);
  const request = [method, path, asked, signed.join(''), names, body].join('\n');
  const scope = `${day}/${region}/s3/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256(request)].join('\n');
  const signing = [region, 's3', 'aws4_request'].reduce(
    (from, part) => hmac(from, part),
    hmac(`AWS4${SECRET}`, day),
  );
  return hmac(signing, text).toString('hex') === signature;
}
