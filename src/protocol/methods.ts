/** Every request of the mesh as a value: number, stream, bounds, rate, and how its meta data is read (T1; wire.md, section 4). */
import { MAX_ADVERT_BYTES } from '../format/advert.ts';
import { MAX_CERTIFICATE_BYTES } from '../format/certificate.ts';
import { MAX_TABLE_BYTES } from '../format/holder-table.ts';
import { MAX_ENTRY_BYTES } from '../format/log-entry.ts';
import { MAX_SEALED_BYTES } from '../model/chunk-limits.ts';
import { DIGEST_BYTES, KEY_BYTES, SIGNATURE_BYTES } from '../model/ids.ts';
import { MiB } from '../model/units.ts';
import {
  boundedBytesField,
  bytesField,
  countField,
  flagField,
  listField,
  MAX_META_BYTES,
  type MetaMap,
} from './meta.ts';

/** Small requests; never waits behind chunks. */
export const CONTROL_PROTOCOL = '/vault-mesh/1/control';
/** Chunks. */
export const BULK_PROTOCOL = '/vault-mesh/1/bulk';

export interface Shape<Meta extends MetaMap> {
  readonly maxMetaBytes: number;
  readonly maxPayloadBytes: number;
  /** Throws 'bad-frame' unless the fields are there and within bounds. Unknown fields are left out. */
  read(meta: MetaMap): Meta;
}

export interface Method<Request extends MetaMap, Response extends MetaMap> {
  readonly number: number;
  readonly name: string;
  readonly protocols: readonly string[];
  /** Only for a device of the vault that said hello on this stream. */
  readonly needsHello: boolean;
  /** The holder reads nothing further from the stream until it has answered. */
  readonly ordered: boolean;
  /** How many a holder reads per second from one stream, with as many at once; more wait unread. */
  readonly perSecond: number;
  /** Takes long by its nature: the holder says at intervals that it is still at it. */
  readonly slow?: boolean;
  readonly request: Shape<Request>;
  readonly response: Shape<Response>;
}

// Type aliases, not interfaces: only these are assignable to MetaMap.
export type Empty = Record<never, never>;
export type OfVault = { readonly vault: Uint8Array };
export type Hello = OfVault & { readonly certificate: Uint8Array; readonly proof: Uint8Array };
export type OfChunk = OfVault & { readonly digest: Uint8Array };
/** `trash`: dropped chunks that are still there count as well. */
export type Lookup = OfVault & { readonly trash?: boolean };
export type Found = { readonly found: boolean };
export type Head = { readonly device: Uint8Array; readonly next: number; readonly hash: Uint8Array };
export type LogRange = OfVault & { readonly device: Uint8Array; readonly from: number };

/** Entries of one log-read response, each behind its length (u32). */
export const MAX_LOG_READ_BYTES: number = 2 * MiB;
/** Digests of one `has`. */
export const MAX_HAS_DIGESTS = 4096;
/** Devices of one vault. */
export const MAX_HEADS = 2048;

export const readVault = (meta: MetaMap): OfVault => ({ vault: bytesField(meta, 'vault', KEY_BYTES) });
const readChunk = (meta: MetaMap): OfChunk => ({
  ...readVault(meta),
  digest: bytesField(meta, 'digest', DIGEST_BYTES),
});
const readLookup = (meta: MetaMap): Lookup => ({
  ...readVault(meta),
  ...(meta.trash === undefined ? {} : { trash: flagField(meta, 'trash') }),
});
const readHead = (item: MetaMap): Head => ({
  device: bytesField(item, 'device', KEY_BYTES),
  next: countField(item, 'next'),
  hash: bytesField(item, 'hash', DIGEST_BYTES),
});

export function shape<Meta extends MetaMap>(
  read: (meta: MetaMap) => Meta,
  maxPayloadBytes: number = 0,
): Shape<Meta> {
  return { maxMetaBytes: 256, maxPayloadBytes, read };
}
const nothing: Shape<Empty> = shape(() => ({}));
const found = (maxPayloadBytes: number): Shape<Found> =>
  shape((meta) => ({ found: flagField(meta, 'found') }), maxPayloadBytes);

const control = { protocols: [CONTROL_PROTOCOL], ordered: false, perSecond: 200 };
const bulk = { protocols: [BULK_PROTOCOL], ordered: false, perSecond: 4000 };

export const hello: Method<Hello, Empty> = {
  number: 1,
  name: 'hello',
  protocols: [CONTROL_PROTOCOL, BULK_PROTOCOL],
  ordered: true,
  needsHello: false,
  perSecond: 4,
  request: {
    maxMetaBytes: MAX_CERTIFICATE_BYTES + 256,
    maxPayloadBytes: 0,
    read: (meta) => ({
      ...readVault(meta),
      certificate: boundedBytesField(meta, 'certificate', MAX_CERTIFICATE_BYTES),
      proof: bytesField(meta, 'proof', SIGNATURE_BYTES),
    }),
  },
  response: nothing,
};

export const info: Method<Empty, Empty> = {
  ...control,
  number: 2,
  name: 'info',
  needsHello: false,
  request: nothing,
  response: shape(() => ({}), MAX_ADVERT_BYTES),
};

export const ping: Method<Empty, Empty> = {
  ...control,
  number: 3,
  name: 'ping',
  needsHello: false,
  request: nothing,
  response: nothing,
};

export const put: Method<OfChunk, { readonly receipt: Uint8Array }> = {
  ...bulk,
  number: 16,
  name: 'put',
  needsHello: true,
  request: shape(readChunk, MAX_SEALED_BYTES),
  response: shape((meta) => ({ receipt: bytesField(meta, 'receipt', SIGNATURE_BYTES) })),
};

export const get: Method<OfChunk, Found> = {
  ...bulk,
  number: 17,
  name: 'get',
  needsHello: false,
  request: shape(readChunk),
  response: found(MAX_SEALED_BYTES),
};

export const has: Method<Lookup, Empty> = {
  ...control,
  number: 18,
  name: 'has',
  needsHello: false,
  request: shape(readLookup, MAX_HAS_DIGESTS * DIGEST_BYTES),
  response: shape(() => ({}), MAX_HAS_DIGESTS),
};

export const logHeads: Method<OfVault, { readonly heads: readonly Head[] }> = {
  ...control,
  number: 32,
  name: 'log-heads',
  needsHello: false,
  request: shape(readVault),
  response: {
    maxMetaBytes: MAX_META_BYTES,
    maxPayloadBytes: 0,
    read: (meta) => ({ heads: listField(meta, 'heads', MAX_HEADS).map(readHead) }),
  },
};

export const logRead: Method<LogRange, Empty> = {
  ...control,
  number: 33,
  name: 'log-read',
  needsHello: false,
  request: shape((meta) => ({
    ...readVault(meta),
    device: bytesField(meta, 'device', KEY_BYTES),
    from: countField(meta, 'from'),
  })),
  response: shape(() => ({}), MAX_LOG_READ_BYTES),
};

export const logAppend: Method<OfVault, { readonly added: boolean }> = {
  ...control,
  number: 34,
  name: 'log-append',
  needsHello: true,
  request: shape(readVault, MAX_ENTRY_BYTES),
  response: shape((meta) => ({ added: flagField(meta, 'added') })),
};

export const tableRead: Method<OfVault, Found> = {
  ...control,
  number: 35,
  name: 'table-read',
  needsHello: false,
  request: shape(readVault),
  response: found(MAX_TABLE_BYTES),
};

export const tableWrite: Method<OfVault, { readonly stored: boolean }> = {
  ...control,
  number: 36,
  name: 'table-write',
  needsHello: true,
  request: shape(readVault, MAX_TABLE_BYTES),
  response: shape((meta) => ({ stored: flagField(meta, 'stored') })),
};

export const vaultUsage: Method<OfVault, { readonly chunks: number; readonly bytes: number }> = {
  ...control,
  number: 40,
  name: 'vault-usage',
  needsHello: false,
  request: shape(readVault),
  response: shape((meta) => ({ chunks: countField(meta, 'chunks'), bytes: countField(meta, 'bytes') })),
};
