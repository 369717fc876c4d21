/** Which peers a vault uses, with their weights and zones: numbered and signed, the input of placement (P3). */
import { hash } from 'node:crypto';
import { compareBytes, utf8 } from '../model/bytes.ts';
import { KEY_BYTES, type PeerName, type VaultId } from '../model/ids.ts';
import { KiB } from '../model/units.ts';
import { type CborBounds, damaged, decodeCbor } from './cbor.ts';
import { Fields } from './fields.ts';
import { readable, trusted } from './readable.ts';
import { encodeSigned, forged, type Sign, signedMessage, splitSigned, type Verify } from './signed.ts';

interface TableMember {
  readonly peer: PeerName;
  /** Share of the vault's chunks relative to the other members; at least 1. */
  readonly weight: number;
  /** What fails together with this peer (P2). */
  readonly zone: string;
}

export interface HolderTable {
  readonly vault: VaultId;
  /** 1, 2, 3 ...: the newest wins. */
  readonly version: number;
  /** Copies of each chunk the owner asks for. */
  readonly copies: number;
  /** In order of their names, no name twice; encoding sorts. */
  readonly members: readonly TableMember[];
  /** Tags of machines that the owner works at: copies there do not count (P2). Absent when there are none; sorted, none twice. */
  readonly avoid?: readonly string[];
}

const HOLDER_TABLE_VERSION = 1;
const HOLDER_TABLE_LABEL = 'vault-mesh-holder-table-1';
export const MAX_TABLE_BYTES: number = 256 * KiB;
const MAX_MEMBERS = 1024;
const MAX_COPIES = 32;
const MAX_AVOIDED = 64;

const MAX_TEXT = 128;
const MAX_WEIGHT = 0xffff_ffff;
const BOUNDS: CborBounds = { what: 'holder table', maxBytes: MAX_TABLE_BYTES };

/** `signVault` signs with the vault key. */
export function encodeHolderTable(table: HolderTable, signVault: Sign): Uint8Array {
  const members = table.members
    .toSorted((a, b) => compareBytes(utf8(a.peer), utf8(b.peer)))
    .map(({ peer, weight, zone }) => ({ peer, weight, zone }));
  const avoid = table.avoid?.toSorted((a, b) => compareBytes(utf8(a), utf8(b))) ?? [];
  const body = {
    v: HOLDER_TABLE_VERSION,
    vault: table.vault,
    version: table.version,
    copies: table.copies,
    members,
    ...(avoid.length === 0 ? {} : { avoid }),
  };
  const bytes = encodeSigned(HOLDER_TABLE_LABEL, body, [signVault], BOUNDS);
  return readable(bytes, (encoded) => decodeHolderTable(encoded, trusted));
}

/** Throws 'forgery' (not signed by the vault it names), 'corrupt', 'unsupported-version'. */
export function decodeHolderTable(bytes: Uint8Array, verify: Verify): HolderTable {
  const { body, signatures } = splitSigned(bytes, 1, BOUNDS);
  const fields = new Fields(decodeCbor(body, BOUNDS), BOUNDS.what);
  fields.version(HOLDER_TABLE_VERSION);
  const table: HolderTable = {
    vault: fields.bytes('vault', KEY_BYTES),
    version: fields.integer('version', 1, Number.MAX_SAFE_INTEGER),
    copies: fields.integer('copies', 1, MAX_COPIES),
    members: fields.list('members', MAX_MEMBERS).map(decodeMember),
    ...(fields.has('avoid') ? { avoid: decodeAvoided(fields) } : {}),
  };
  fields.end();
  checkOrder(
    table.members.map(({ peer }) => peer),
    'members',
  );
  checkOrder(table.avoid ?? [], 'machines');
  const [signature] = signatures;
  if (!signature || !verify(table.vault, signedMessage(HOLDER_TABLE_LABEL, body), signature)) {
    throw forged(BOUNDS.what, 'the vault it names');
  }
  return table;
}

/** Order of two encoded tables of one vault: positive when `a` is newer; ties go to the larger sha2-256 (P3). */
export function compareTables(
  a: { readonly table: HolderTable; readonly bytes: Uint8Array },
  b: { readonly table: HolderTable; readonly bytes: Uint8Array },
): number {
  if (a.table.version !== b.table.version) return a.table.version - b.table.version;
  return compareBytes(hash('sha256', a.bytes, 'buffer'), hash('sha256', b.bytes, 'buffer'));
}

function decodeMember(item: unknown): TableMember {
  const fields = new Fields(item, BOUNDS.what);
  const member = {
    peer: fields.line('peer', MAX_TEXT),
    weight: fields.integer('weight', 1, MAX_WEIGHT),
    zone: fields.line('zone', MAX_TEXT),
  };
  fields.end();
  return member;
}

function decodeAvoided(fields: Fields): readonly string[] {
  const tags = fields.list('avoid', MAX_AVOIDED);
  if (tags.length === 0) throw fields.wrong('avoid'); // absent is the one way to write none
  return tags.map((tag) => new Fields({ tag }, BOUNDS.what).line('tag', MAX_TEXT));
}

function checkOrder(names: readonly string[], what: string): void {
  names.forEach((name, i) => {
    const before = names[i - 1];
    if (before !== undefined && compareBytes(utf8(before), utf8(name)) >= 0) {
      throw damaged(BOUNDS.what, `${what} out of order`);
    }
  });
}
