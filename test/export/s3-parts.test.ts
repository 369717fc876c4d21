import { describe, expect, it } from 'vitest';
import { s3Credentials } from '../../src/export/s3-credentials.ts';
import { parseListing } from '../../src/export/s3-listing.ts';
import { parseS3Address, S3Place } from '../../src/export/s3-place.ts';
import { SimulatedClock } from '../../src/runtime/simulated-clock.ts';
import { codeOf } from '../conformance/chunk-store.ts';
import { startS3 } from '../s3-server.ts';

const none = async () => undefined;

describe('a bucket (X6)', () => {
  it('is named by host, bucket and prefix, and never with a key in it', () => {
    expect(parseS3Address('s3:https://s3.example.org:9000/backups/home/nas/')).toEqual({
      origin: 'https://s3.example.org:9000',
      bucket: 'backups',
      prefix: 'home/nas',
    });
    expect(parseS3Address('s3:http://host/b').prefix).toBe('');
    for (const wrong of [
      's3:',
      's3:https://host',
      's3:https://key:secret@host/b',
      's3:ftp://h/b',
      's3:https://h/b?x=1',
    ]) {
      expect(() => parseS3Address(wrong)).toThrow('s3:https://host/bucket/prefix');
    }
  });

  it('takes its key from the environment, else from a profile of the credentials file', async () => {
    const env = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret', AWS_REGION: 'eu-1' };
    expect(await s3Credentials(env, none)).toEqual({
      accessKeyId: 'id',
      secretAccessKey: 'secret',
      region: 'eu-1',
    });
    const file =
      '[default]\naws_access_key_id = a\n[nas]\naws_access_key_id=b\r\naws_secret_access_key = c=d\nregion = r\n';
    const read = async (path: string) => (path === '/keys' ? file : undefined);
    const nas = { AWS_SHARED_CREDENTIALS_FILE: '/keys', AWS_PROFILE: 'nas' };
    expect(await s3Credentials(nas, read)).toEqual({ accessKeyId: 'b', secretAccessKey: 'c=d', region: 'r' });
    expect(await codeOf(s3Credentials({ AWS_SHARED_CREDENTIALS_FILE: '/keys' }, read))).toBe('denied');
    expect(await codeOf(s3Credentials({}, none))).toBe('denied');
  });

  it('lists objects and folders page by page, and reads nothing else out of an answer', () => {
    const xml = `<?xml version="1.0"?><ListBucketResult xmlns="x"><Prefix>p/</Prefix><IsTruncated>true</IsTruncated>
      <Contents><Key>p/a&amp;b</Key><Size>1</Size></Contents><Contents><ETag>"e"</ETag><Key>p/c</Key></Contents>
      <CommonPrefixes><Prefix>p/d/</Prefix></CommonPrefixes><NextContinuationToken>t&lt;1</NextContinuationToken></ListBucketResult>`;
    expect(parseListing(xml)).toEqual({ keys: ['p/a&b', 'p/c', 'p/d/'], next: 't<1' });
    expect(parseListing('<ListBucketResult></ListBucketResult>')).toEqual({ keys: [] });
    expect(() => parseListing('<html>login</html>')).toThrow('something else');
  });

  it('that does not exist, or refuses the key, is no empty one', async () => {
    const s3 = await startS3('bucket');
    try {
      const place = (bucket: string, secretAccessKey: string) =>
        new S3Place({
          name: 's3:x',
          origin: s3.origin,
          bucket,
          prefix: '',
          credentials: { accessKeyId: 'S3RVER', secretAccessKey, region: 'us-east-1' },
          clock: new SimulatedClock(),
        });
      expect(await place('bucket', 'S3RVER').list('vault-export')).toEqual([]);
      expect(await codeOf(place('other', 'S3RVER').list('vault-export'))).toBe('not-found');
      expect(await codeOf(place('other', 'S3RVER').read('a', 10))).toBe('not-found');
      expect(await codeOf(place('bucket', 'wrong').read('a', 10))).toBe('denied');
      await place('bucket', 'S3RVER').write('a', new Uint8Array(11));
      expect(await codeOf(place('bucket', 'S3RVER').read('a', 10))).toBe('corrupt');
    } finally {
      await s3.end();
    }
  }, 120_000);
});
