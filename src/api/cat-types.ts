/** The words of `cat`: which of the things that a vault consists of is shown, and in which form. */
import type { SnapshotFilter } from './snapshot-filter.ts';
import type { CommonOptions } from './vault-types.ts';

export type CatWish =
  /** What this vault and this device of it are. */
  | { readonly what: 'config' }
  /** An id, the beginning of one, "latest" ... */
  | { readonly what: 'snapshot'; readonly snapshot: string }
  /** The entries of one folder; without `path` of "/". */
  | { readonly what: 'tree'; readonly snapshot: string; readonly path?: string }
  /** `chunk` as a CID. */
  | { readonly what: 'index'; readonly chunk: string }
  /** Opened, or as holders keep it. */
  | { readonly what: 'chunk'; readonly chunk: string; readonly raw: boolean }
  /** Of one device, by its name or the beginning of its id, or of all. */
  | { readonly what: 'log'; readonly device?: string };

export type CatOptions = CommonOptions & SnapshotFilter & { readonly wish: CatWish };

/** One of the things as docs/json/vault-cat.schema.json describes it: names and texts, bytes as CIDs, hex or base64. */
export type CatObject = Readonly<Record<string, unknown>> & { readonly message_type: string };

export type Cat =
  | { readonly objects: AsyncIterable<CatObject> }
  /** `kind`: what the chunk carries, as the format calls it; "sealed" for its sealed bytes. */
  | { readonly bytes: Uint8Array; readonly kind: string };
