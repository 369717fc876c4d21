/** One entry of a device's log: chunks it adds and drops and what it announces, chained to the entry before and signed (L1, L4). */
import { hash } from 'node:crypto';
import { bytesEqual } from '../model/bytes.ts';
import { MAX_SEALED_BYTES } from '../model/chunk-limits.ts';
import { assert } from '../model/errors.ts';
import { type DeviceId, DIGEST_BYTES, type Digest, KEY_BYTES, type VaultId } from '../model/ids.ts';
import { KiB, MiB } from '../model/units.ts';
import { packDigests } from './blob-ref.ts';
import { type CborBounds, damaged, decodeCbor } from './cbor.ts';
import { decodeCertificate, MAX_CERTIFICATE_BYTES } from './certificate.ts';
import { Fields } from './fields.ts';
import { readable } from './readable.ts';
import { encodeSigned, forged, type Sign, signedMessage, splitSigned, type Verify } from './signed.ts';

interface AddedChunk {
  readonly digest: Digest;
  /** Sealed bytes. */
  readonly size: number;
}

/** Ends another device's log: what it added counts no more, and nothing is added to it. */
export interface Retirement {
  readonly device: DeviceId;
  /** How many entries of its log stand: the number of the first one that is refused. */
  readonly next: number;
  /** Hash of the last entry that stands; absent when none does. */
  readonly hash?: Digest | undefined;
}

export interface LogEntry {
  readonly vault: VaultId;
  readonly device: DeviceId;
  /** 0, 1, 2 ... without gaps. */
  readonly sequence: number;
  /** Hash of the entry before; absent in entry 0 only. */
  readonly previous?: Digest | undefined;
  /** An encoded DeviceCertificate; in entry 0 only. */
  readonly certificate?: Uint8Array | undefined;
  readonly adds: readonly AddedChunk[];
  /** Needs the vault key's signature too (L4). */
  readonly drops: readonly Digest[];
  /** Drops all that another device added, for good. Needs the vault key's signature too (L4). */
  readonly retires?: Retirement | undefined;
  /** A sealed chunk of ChunkKind.announcement. */
  readonly announcement?: Uint8Array | undefined;
}

const LOG_ENTRY_VERSION = 1;
const LOG_ENTRY_LABEL = 'vault-mesh-log-entry-1';
export const MAX_ENTRY_BYTES: number = 1 * MiB;
export const MAX_ADDS = 8192;
export const MAX_DROPS = 8192;
export const MAX_ANNOUNCEMENT_BYTES: number = 512 * KiB;

const ADD_BYTES = DIGEST_BYTES + 4;
const BOUNDS: CborBounds = { what: 'log entry', maxBytes: MAX_ENTRY_BYTES };

/** `signVault` is needed when, and only when, there are drops or a retirement. */
export function encodeLogEntry(entry: LogEntry, signDevice: Sign, signVault?: Sign): Uint8Array {
  const { vault, device, sequence, previous, certificate, adds, drops, retires, announcement } = entry;
  const first = sequence === 0;
  assert(
    first === (previous === undefined) && first === (certificate !== undefined),
    'a log entry out of its place',
  );
  assert(adds.length <= MAX_ADDS && drops.length <= MAX_DROPS, 'a log entry over its bound');
  const vaultSigners = dropsSomething(entry) ? [signVault].filter((sign) => sign !== undefined) : [];
  assert(!dropsSomething(entry) || vaultSigners.length === 1, 'dropping needs the vault key (L4)');
  const body = {
    v: LOG_ENTRY_VERSION,
    vault,
    device,
    sequence,
    adds: packAdds(adds),
    drops: packDigests(drops),
    ...(previous === undefined ? {} : { previous }),
    ...(certificate === undefined ? {} : { certificate }),
    ...(retires === undefined ? {} : { retires: retirementBody(retires) }),
    ...(announcement === undefined ? {} : { announcement }),
  };
  const bytes = encodeSigned(LOG_ENTRY_LABEL, body, [signDevice, ...vaultSigners], BOUNDS);
  return readable(bytes, (encoded) => decodeBody(splitSigned(encoded, 2, BOUNDS).body));
}

/**
 * Checks shape, signatures and, in entry 0, the certificate. Whether the entry extends a log is the caller's question.
 * Throws 'forgery' (a signature is wrong or missing), 'corrupt', 'unsupported-version'.
 */
export function decodeLogEntry(bytes: Uint8Array, verify: Verify): LogEntry {
  const { body, signatures } = splitSigned(bytes, 2, BOUNDS);
  const entry = decodeBody(body);
  const message = signedMessage(LOG_ENTRY_LABEL, body);
  const [byDevice, byVault] = signatures;
  if (!byDevice || !verify(entry.device, message, byDevice)) throw forged(BOUNDS.what, 'the device it names');
  if (dropsSomething(entry) && !(byVault && verify(entry.vault, message, byVault))) {
    throw forged(BOUNDS.what, 'the vault, though it drops chunks');
  }
  if (!dropsSomething(entry) && byVault) throw damaged(BOUNDS.what, 'a signature too many');
  if (entry.certificate) checkCertificate(entry, entry.certificate, verify);
  return entry;
}

/** What the next entry names as `previous`: sha2-256 of all bytes of the entry, signatures included. */
export function entryHash(bytes: Uint8Array): Digest {
  return new Uint8Array(hash('sha256', bytes, 'buffer'));
}

function decodeBody(body: Uint8Array): LogEntry {
  const fields = new Fields(decodeCbor(body, BOUNDS), BOUNDS.what);
  fields.version(LOG_ENTRY_VERSION);
  const entry: LogEntry = {
    vault: fields.bytes('vault', KEY_BYTES),
    device: fields.bytes('device', KEY_BYTES),
    sequence: fields.integer('sequence', 0, Number.MAX_SAFE_INTEGER),
    adds: unpackAdds(fields),
    drops: fields.packed('drops', DIGEST_BYTES, MAX_DROPS),
    ...(fields.has('previous') ? { previous: fields.bytes('previous', DIGEST_BYTES) } : {}),
    ...(fields.has('certificate')
      ? { certificate: fields.bytes('certificate', 1, MAX_CERTIFICATE_BYTES) }
      : {}),
    ...(fields.has('retires') ? { retires: decodeRetirement(fields.map('retires')) } : {}),
    ...(fields.has('announcement')
      ? { announcement: fields.bytes('announcement', 1, MAX_ANNOUNCEMENT_BYTES) }
      : {}),
  };
  fields.end();
  const first = entry.sequence === 0;
  if (first === fields.has('previous')) throw fields.wrong('previous');
  if (first !== fields.has('certificate')) throw fields.wrong('certificate');
  if (entry.retires && bytesEqual(entry.retires.device, entry.device)) throw fields.wrong('retires');
  return entry;
}

/** Whether it takes anything away, for which a device's word is not enough (L4). */
export function dropsSomething({ drops, retires }: LogEntry): boolean {
  return drops.length > 0 || retires !== undefined;
}

function retirementBody({ device, next, hash }: Retirement): Record<string, unknown> {
  return { device, next, ...(hash === undefined ? {} : { hash }) };
}

function decodeRetirement(fields: Fields): Retirement {
  const retirement: Retirement = {
    device: fields.bytes('device', KEY_BYTES),
    next: fields.integer('next', 0, Number.MAX_SAFE_INTEGER),
    ...(fields.has('hash') ? { hash: fields.bytes('hash', DIGEST_BYTES) } : {}),
  };
  fields.end();
  if ((retirement.next === 0) === fields.has('hash')) throw fields.wrong('hash');
  return retirement;
}

function checkCertificate(entry: LogEntry, encoded: Uint8Array, verify: Verify): void {
  const certificate = decodeCertificate(encoded, verify);
  if (!bytesEqual(certificate.vault, entry.vault) || !bytesEqual(certificate.device, entry.device)) {
    throw forged(BOUNDS.what, 'a device that its vault certified');
  }
}

function packAdds(adds: readonly AddedChunk[]): Uint8Array {
  const out = new Uint8Array(adds.length * ADD_BYTES);
  const view = new DataView(out.buffer);
  adds.forEach(({ digest, size }, i) => {
    assert(
      digest.length === DIGEST_BYTES && size >= 1 && size <= MAX_SEALED_BYTES,
      'an impossible chunk in a log entry',
    );
    out.set(digest, i * ADD_BYTES);
    view.setUint32(i * ADD_BYTES + DIGEST_BYTES, size);
  });
  return out;
}

function unpackAdds(fields: Fields): AddedChunk[] {
  return fields.packed('adds', ADD_BYTES, MAX_ADDS).map((item) => {
    const size = new DataView(item.buffer, item.byteOffset, item.byteLength).getUint32(DIGEST_BYTES);
    if (size < 1 || size > MAX_SEALED_BYTES) throw fields.wrong('adds');
    return { digest: item.subarray(0, DIGEST_BYTES), size };
  });
}
