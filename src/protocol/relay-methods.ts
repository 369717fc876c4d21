/** The two requests by which a chunk is sent once and passed on from holder to holder, as values (wire.md, section 13; T2). */
import { PERMIT_NONCE_BYTES } from '../crypto/device-proof.ts';
import { MAX_CERTIFICATE_BYTES } from '../format/certificate.ts';
import { MAX_SEALED_BYTES } from '../model/chunk-limits.ts';
import { DIGEST_BYTES, type PeerName, SIGNATURE_BYTES } from '../model/ids.ts';
import { KiB } from '../model/units.ts';
import {
  badMeta,
  boundedBytesField,
  bytesField,
  countField,
  listField,
  type MetaMap,
  nameField,
  namesField,
  textField,
} from './meta.ts';
import { BULK_PROTOCOL, type Method, type OfVault, readVault, type Shape } from './methods.ts';

/** Holders that one chunk may be meant for. */
const MAX_ROUTE = 8;
const MAX_CODE_CHARS = 64;
/** Eight names of peers, with what belongs to each. */
const MAX_ROUTE_META_BYTES: number = 2 * KiB;

export type Spread = OfVault & {
  readonly digest: Uint8Array;
  readonly route: readonly PeerName[];
  readonly nonce: Uint8Array;
  readonly permit: Uint8Array;
};
export type Carry = Spread & { readonly certificate: Uint8Array };

/** What became of the chunk at one holder: its receipt, or why there is none. */
export type Kept =
  | { readonly peer: PeerName; readonly receipt: Uint8Array }
  | { readonly peer: PeerName; readonly code: string };
/** `waitMs`: how long passing it on took, from when the chunk was here. */
export type Spreading = { readonly kept: readonly Kept[]; readonly waitMs: number };

function readSpread(meta: MetaMap): Spread {
  const route = namesField(meta, 'route', MAX_ROUTE);
  if (route.length < 2 || new Set(route).size !== route.length)
    throw badMeta('"route" is no way between peers');
  return {
    ...readVault(meta),
    digest: bytesField(meta, 'digest', DIGEST_BYTES),
    route,
    nonce: bytesField(meta, 'nonce', PERMIT_NONCE_BYTES),
    permit: bytesField(meta, 'permit', SIGNATURE_BYTES),
  };
}

function readKept(item: MetaMap): Kept {
  const peer = nameField(item, 'peer');
  if (item.receipt !== undefined) return { peer, receipt: bytesField(item, 'receipt', SIGNATURE_BYTES) };
  return { peer, code: textField(item, 'code', MAX_CODE_CHARS) };
}

const response: Shape<Spreading> = {
  maxMetaBytes: MAX_ROUTE_META_BYTES,
  maxPayloadBytes: 0,
  read: (meta) => ({
    kept: listField(meta, 'kept', MAX_ROUTE).map(readKept),
    waitMs: countField(meta, 'waitMs'),
  }),
};

/** From the owner to the first holder of the route. */
export const spread: Method<Spread, Spreading> = {
  number: 19,
  name: 'spread',
  protocols: [BULK_PROTOCOL],
  ordered: false,
  needsHello: true,
  perSecond: 1000,
  slow: true,
  request: { maxMetaBytes: MAX_ROUTE_META_BYTES, maxPayloadBytes: MAX_SEALED_BYTES, read: readSpread },
  response,
};

/** From one holder to a later one of the same route. */
export const carry: Method<Carry, Spreading> = {
  number: 20,
  name: 'carry',
  protocols: [BULK_PROTOCOL],
  ordered: false,
  needsHello: false,
  perSecond: 1000,
  slow: true,
  request: {
    maxMetaBytes: MAX_ROUTE_META_BYTES + MAX_CERTIFICATE_BYTES + 256,
    maxPayloadBytes: MAX_SEALED_BYTES,
    read: (meta) => ({
      ...readSpread(meta),
      certificate: boundedBytesField(meta, 'certificate', MAX_CERTIFICATE_BYTES),
    }),
  },
  response,
};
