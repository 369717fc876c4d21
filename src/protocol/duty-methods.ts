/** The requests by which the members of a vault look after its copies, as values (wire.md, section 11; R2-R4). */
import { MAX_MEMBER_LIST_BYTES } from '../format/member-list.ts';
import { DIGEST_BYTES, GROUPS } from '../model/ids.ts';
import { KiB } from '../model/units.ts';
import {
  type CompareAnswer,
  type CompareAsk,
  DIGEST_TABLE_BYTES,
  MAX_ACCUSED,
  MAX_PROVE_DIGESTS,
  MAX_SILENT,
} from './holder-duties.ts';
import { bytesField, countField, flagField, listField, type MetaMap, nameField, namesField } from './meta.ts';
import { CONTROL_PROTOCOL, type Empty, type Method, type OfVault, readVault, shape } from './methods.ts';

type Compare = OfVault & { readonly [Key in keyof CompareAsk]: Uint8Array };
/** A SilentMember as meta data. */
export type Silent = { readonly peer: string; readonly silentMs: number; readonly lost: boolean };
/** The answer without its payload. */
type Compared = Omit<CompareAnswer, 'table' | 'accuses' | 'silent'> & {
  readonly accuses: readonly string[];
  readonly silent: readonly Silent[];
};
type Prove = OfVault & { readonly nonce: Uint8Array; readonly group: number; readonly pledge: boolean };

const NONCE_BYTES = 32;
const DECLINES_BYTES: number = GROUPS / 8;
/** Names of 64 accused and 64 silent members, with their numbers. */
const MAX_COMPARED_BYTES: number = 32 * KiB;

const control = { protocols: [CONTROL_PROTOCOL], ordered: false, needsHello: false };

export const members: Method<OfVault, Empty> = {
  ...control,
  number: 37,
  name: 'members',
  perSecond: 20,
  request: shape(readVault),
  response: shape(() => ({}), MAX_MEMBER_LIST_BYTES),
};

export const invite: Method<OfVault, { readonly accepted: boolean }> = {
  ...control,
  number: 38,
  name: 'invite',
  perSecond: 4,
  request: shape(readVault, MAX_MEMBER_LIST_BYTES),
  response: shape((meta) => ({ accepted: flagField(meta, 'accepted') })),
};

export const compare: Method<Compare, Compared> = {
  ...control,
  number: 48,
  name: 'compare',
  perSecond: 50,
  request: shape((meta) => ({
    ...readVault(meta),
    members: bytesField(meta, 'members', DIGEST_BYTES),
    logs: bytesField(meta, 'logs', DIGEST_BYTES),
    seen: bytesField(meta, 'seen', DIGEST_BYTES),
  })),
  response: {
    maxMetaBytes: MAX_COMPARED_BYTES,
    maxPayloadBytes: DIGEST_TABLE_BYTES,
    read: readCompared,
  },
};

export const prove: Method<Prove, { readonly pledged: boolean }> = {
  ...control,
  number: 49,
  name: 'prove',
  perSecond: 10,
  slow: true,
  request: shape(
    (meta) => ({
      ...readVault(meta),
      nonce: bytesField(meta, 'nonce', NONCE_BYTES),
      group: countField(meta, 'group', GROUPS - 1),
      pledge: flagField(meta, 'pledge'),
    }),
    MAX_PROVE_DIGESTS * DIGEST_BYTES,
  ),
  response: shape((meta) => ({ pledged: flagField(meta, 'pledged') }), MAX_PROVE_DIGESTS * DIGEST_BYTES),
};

function readCompared(meta: MetaMap): Compared {
  return {
    known: flagField(meta, 'known'),
    members: bytesField(meta, 'members', DIGEST_BYTES),
    logs: bytesField(meta, 'logs', DIGEST_BYTES),
    holdings: bytesField(meta, 'holdings', DIGEST_BYTES),
    declines: bytesField(meta, 'declines', DECLINES_BYTES),
    accepting: flagField(meta, 'accepting'),
    missing: countField(meta, 'missing'),
    missingMs: countField(meta, 'missingMs'),
    ...(meta.unavailable === undefined ? {} : { unavailable: countField(meta, 'unavailable') }),
    ...(meta.braked === undefined ? {} : { braked: flagField(meta, 'braked') }),
    accuses: namesField(meta, 'accuses', MAX_ACCUSED),
    silent: listField(meta, 'silent', MAX_SILENT).map((item) => ({
      peer: nameField(item, 'peer'),
      silentMs: countField(item, 'silentMs'),
      lost: flagField(item, 'lost'),
    })),
  };
}
