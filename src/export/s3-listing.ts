/** What of a bucket's answer to ListObjectsV2 an export needs: names, and where the list goes on. */
import { VaultError } from '../model/errors.ts';

export interface S3Listing {
  /** Whole keys of objects, and prefixes of folders that end with '/'. */
  readonly keys: readonly string[];
  /** Present: there is more. */
  readonly next?: string;
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/** Throws 'corrupt' for what is no such answer. */
export function parseListing(xml: string): S3Listing {
  if (!/<ListBucketResult[\s>]/.test(xml)) {
    throw new VaultError('corrupt', 'the bucket answered with something else than a list of its objects');
  }
  const objects = [...xml.matchAll(/<Contents>[\s\S]*?<Key>([^<]*)<\/Key>/g)];
  const folders = [...xml.matchAll(/<CommonPrefixes>\s*<Prefix>([^<]*)<\/Prefix>/g)];
  const keys = [...objects, ...folders].map((found) => unescaped(found[1] ?? ''));
  const next = /<NextContinuationToken>([^<]*)<\/NextContinuationToken>/.exec(xml)?.[1];
  return next === undefined || next === '' ? { keys } : { keys, next: unescaped(next) };
}

function unescaped(text: string): string {
  return text.replace(/&(#x?[0-9a-fA-F]{1,6}|[a-z]{1,5});/g, (whole, name: string) => {
    if (!name.startsWith('#')) return ENTITIES[name] ?? whole;
    const code = name.startsWith('#x') ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
    return Number.isInteger(code) && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
