/** Records of the secure channel: length, AES-256-GCM under a key that one side chose for what it sends, counters as nonces, keys that move on. */
import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  type DecipherGCM,
  hkdfSync,
  type KeyObject,
} from 'node:crypto';
import { VaultError } from '../model/errors.ts';
import { KiB } from '../model/units.ts';

/** Largest plain text of one record. */
export const MAX_RECORD_BYTES: number = 256 * KiB;
export const CHANNEL_KEY_BYTES = 32;
const HEAD_BYTES = 4;
const TAG_BYTES = 16;
const NONCE_BYTES = 12;
/** Then the key is replaced by one derived from it: 16 GiB at most under one key, and an old key opens nothing of today. */
const RECORDS_PER_KEY = 65_536;
/** Records up to this size are put together in one buffer, so that a small message is one write. */
const JOIN_BYTES = 16 * KiB;

/** Which end of the connection sends: keys of the two directions never mix. */
export type Direction = 'initiator' | 'responder';

/** Key and nonce of the next record of one direction. */
class RecordKeys {
  readonly #recordsPerKey: number;
  readonly #nonce: Buffer = Buffer.alloc(NONCE_BYTES);
  #key: KeyObject;
  #used = 0;

  constructor(secret: Uint8Array, sender: Direction, recordsPerKey: number) {
    if (secret.length !== CHANNEL_KEY_BYTES)
      throw new VaultError('internal', 'bug: a channel key has 32 bytes');
    this.#recordsPerKey = recordsPerKey;
    this.#key = derive(createSecretKey(secret), `vault-mesh/1/channel ${sender}`);
  }

  /** The buffer is the same one each time: for immediate use. */
  next(): { readonly key: KeyObject; readonly nonce: Uint8Array } {
    if (this.#used === this.#recordsPerKey) {
      this.#key = derive(this.#key, 'vault-mesh/1/channel next');
      this.#used = 0;
    }
    this.#nonce.writeUInt32BE(this.#used++, NONCE_BYTES - 4);
    return { key: this.#key, nonce: this.#nonce };
  }
}

function derive(secret: KeyObject, label: string): KeyObject {
  return createSecretKey(new Uint8Array(hkdfSync('sha256', secret, '', label, CHANNEL_KEY_BYTES)));
}

export class RecordSealer {
  readonly #keys: RecordKeys;

  constructor(secret: Uint8Array, sender: Direction, recordsPerKey: number = RECORDS_PER_KEY) {
    this.#keys = new RecordKeys(secret, sender, recordsPerKey);
  }

  /** The buffers of one record, to be sent end to end. `parts` have 1 to MAX_RECORD_BYTES in all. */
  seal(parts: Iterable<Uint8Array>, bytes: number): readonly Uint8Array[] {
    if (bytes < 1 || bytes > MAX_RECORD_BYTES)
      throw new VaultError('internal', `bug: a record of ${bytes} bytes`);
    const head = Buffer.alloc(HEAD_BYTES);
    head.writeUInt32BE(bytes);
    const { key, nonce } = this.#keys.next();
    const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(head);
    const out: Uint8Array[] = [head];
    for (const part of parts) out.push(cipher.update(part));
    cipher.final();
    out.push(cipher.getAuthTag());
    return bytes <= JOIN_BYTES ? [Buffer.concat(out)] : out;
  }
}

/**
 * Opens records from a byte stream in pieces of any size. Nothing of a record is given out before its tag was checked, and nothing is
 * allocated for bytes that have not arrived. After the first throw it must not be used again.
 */
export class RecordOpener {
  readonly #keys: RecordKeys;
  readonly #deliver: (plain: readonly Uint8Array[]) => void;
  readonly #head: Buffer = Buffer.alloc(HEAD_BYTES);
  readonly #tag: Buffer = Buffer.alloc(TAG_BYTES);
  #headFill = 0;
  #tagFill = 0;
  #bodyLeft = 0;
  #decipher: DecipherGCM | undefined;
  #plain: Uint8Array[] = [];

  /** `deliver` gets the plain text of one record at a time, in order; the buffers are its own. */
  constructor(
    secret: Uint8Array,
    sender: Direction,
    deliver: (plain: readonly Uint8Array[]) => void,
    recordsPerKey: number = RECORDS_PER_KEY,
  ) {
    this.#keys = new RecordKeys(secret, sender, recordsPerKey);
    this.#deliver = deliver;
  }

  /** True when the bytes so far end inside a record. */
  get midRecord(): boolean {
    return this.#headFill > 0;
  }

  /** Throws 'corrupt' for a record that was changed, moved, repeated or left out, and for one whose length is out of bounds. */
  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.#headFill < HEAD_BYTES) at += this.#takeHead(bytes, at);
      else if (this.#bodyLeft > 0) at += this.#takeBody(bytes, at);
      else at += this.#takeTag(bytes, at);
    }
  }

  #takeHead(bytes: Uint8Array, at: number): number {
    const part = bytes.subarray(at, at + HEAD_BYTES - this.#headFill);
    this.#head.set(part, this.#headFill);
    this.#headFill += part.length;
    if (this.#headFill === HEAD_BYTES) this.#begin(this.#head.readUInt32BE());
    return part.length;
  }

  #begin(length: number): void {
    if (length < 1 || length > MAX_RECORD_BYTES) throw broken(`claims ${length} bytes`);
    const { key, nonce } = this.#keys.next();
    this.#decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
    this.#decipher.setAAD(this.#head);
    this.#bodyLeft = length;
    this.#tagFill = 0;
  }

  #takeBody(bytes: Uint8Array, at: number): number {
    const part = bytes.subarray(at, at + this.#bodyLeft);
    if (this.#decipher) this.#plain.push(plainArray(this.#decipher.update(part)));
    this.#bodyLeft -= part.length;
    return part.length;
  }

  #takeTag(bytes: Uint8Array, at: number): number {
    const part = bytes.subarray(at, at + TAG_BYTES - this.#tagFill);
    this.#tag.set(part, this.#tagFill);
    this.#tagFill += part.length;
    if (this.#tagFill === TAG_BYTES) this.#finish();
    return part.length;
  }

  #finish(): void {
    const plain = this.#plain;
    try {
      this.#decipher?.setAuthTag(this.#tag);
      this.#decipher?.final();
    } catch (cause) {
      this.#plain = [];
      throw broken('is not what was sent', cause);
    }
    this.#plain = [];
    this.#decipher = undefined;
    this.#headFill = 0;
    this.#deliver(plain);
  }
}

/** Not a Buffer: its `slice` is no copy, which would be a trap for those who may keep nothing but copies. */
function plainArray({ buffer, byteOffset, length }: Buffer): Uint8Array {
  return new Uint8Array(buffer, byteOffset, length);
}

function broken(why: string, cause?: unknown): VaultError {
  return new VaultError('corrupt', `a record of the connection ${why}`, { cause });
}
