/** Who keeps a vault's chunks, as one peer tells another: the owner's table and the recruitments, each signed by itself (R2). */
import { hash } from 'node:crypto';
import { compareBytes } from '../model/bytes.ts';
import { KiB } from '../model/units.ts';
import { type CborBounds, damaged, decodeCbor, encodeCbor } from './cbor.ts';
import { Fields } from './fields.ts';
import { MAX_TABLE_BYTES } from './holder-table.ts';
import { readable } from './readable.ts';
import { MAX_RECRUITMENT_BYTES, MAX_RECRUITS } from './recruitment.ts';

export interface MemberList {
  /** The encoded holder table; not verified here. */
  readonly table: Uint8Array | undefined;
  /** Encoded recruitments, not verified here; in any order, none twice. Encoding sorts. */
  readonly recruits: readonly Uint8Array[];
}

const MEMBER_LIST_VERSION = 1;
export const MAX_MEMBER_LIST_BYTES: number =
  MAX_TABLE_BYTES + MAX_RECRUITS * (MAX_RECRUITMENT_BYTES + 3) + 1 * KiB;
const BOUNDS: CborBounds = { what: 'member list', maxBytes: MAX_MEMBER_LIST_BYTES };

/** One encoding for one set of records. */
export function encodeMemberList({ table, recruits }: MemberList): Uint8Array {
  const body = {
    v: MEMBER_LIST_VERSION,
    recruits: recruits.toSorted(compareBytes),
    ...(table === undefined ? {} : { table }),
  };
  return readable(encodeCbor(body, BOUNDS), decodeMemberList);
}

/** Checks shape and bounds only. Throws 'corrupt', 'unsupported-version'. */
export function decodeMemberList(bytes: Uint8Array): MemberList {
  const fields = new Fields(decodeCbor(bytes, BOUNDS), BOUNDS.what);
  fields.version(MEMBER_LIST_VERSION);
  const recruits = fields.list('recruits', MAX_RECRUITS).map((item) => checkedRecruit(item, fields));
  const table = fields.has('table') ? fields.bytes('table', 1, MAX_TABLE_BYTES) : undefined;
  fields.end();
  recruits.forEach((recruit, i) => {
    const before = recruits[i - 1];
    if (before && compareBytes(before, recruit) >= 0) throw damaged(BOUNDS.what, 'recruits out of order');
  });
  return { table, recruits };
}

/** Equal on two peers that know the same members, whatever order they learnt them in: sha2-256 of the encoded list. */
export function membersHash(list: MemberList): Uint8Array {
  return new Uint8Array(hash('sha256', encodeMemberList(list), 'buffer'));
}

function checkedRecruit(item: unknown, fields: Fields): Uint8Array {
  if (!(item instanceof Uint8Array) || item.length === 0 || item.length > MAX_RECRUITMENT_BYTES) {
    throw fields.wrong('recruits');
  }
  return item;
}
