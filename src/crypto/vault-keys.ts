/** Every key of a vault from its one secret, each by HKDF under a label of its own, so that no key serves two purposes (C1). */
import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { bytesEqual, concatBytes, toHex } from '../model/bytes.ts';
import { SCOPE_BYTES } from '../model/device-role.ts';
import { assert } from '../model/errors.ts';
import { KEY_BYTES, type VaultId } from '../model/ids.ts';
import { keyPairOfSeed } from './ed25519.ts';
import { KeyedHash } from './keyed-hash.ts';

/** What seals and opens chunks. */
export interface ContentKeys {
  /** Whose chunks: an append-only device has keys for its own scope only. Absent: the vault's. */
  readonly scope?: Uint8Array;
  /** Seeds of sealed chunks (C4). */
  readonly chunkSeed: KeyedHash;
  readonly chunkKey: KeyObject;
  /** Recognises content that the vault has (C3, C5). */
  readonly contentId: KeyedHash;
  /** Decides where files are cut (C2). */
  readonly chunker: KeyedHash;
}

/** What opens chunks: those of one scope, and with the secret those of every scope. */
export interface OpeningKeys {
  readonly scope?: Uint8Array;
  readonly chunkKey: KeyObject;
  readonly secret?: Uint8Array;
}

/** What it takes to follow a vault's logs; whoever has no content keys sees which chunks there are, and not what they say. */
export interface LogKeys extends Partial<ContentKeys> {
  /** Public half of the vault key: the vault's identity. */
  readonly vault: VaultId;
}

/** What a device that backs up and restores has. */
export interface VaultKeys extends ContentKeys {
  readonly vault: VaultId;
  /** 32 bytes; the recovery words are another spelling of it. Full devices only. */
  readonly secret?: Uint8Array;
  /** Certifies devices, drops chunks, signs holder tables (L1, L4). Full devices only. */
  readonly signPrivate?: KeyObject;
}

/** What the secret gives: all of it. */
export interface OwnerKeys extends VaultKeys {
  readonly secret: Uint8Array;
  readonly signPrivate: KeyObject;
}

const CONTENT_LABELS = ['chunk-seed-2', 'chunk-key', 'content-id-2', 'chunker-2'] as const;
export const CONTENT_KEYS_BYTES: number = CONTENT_LABELS.length * KEY_BYTES;
/** Scopes come from chunks, so from anywhere; a vault has a few. */
const SCOPES_REMEMBERED = 64;

/** `secret` is 32 bytes. */
export function deriveVaultKeys(secret: Uint8Array): OwnerKeys {
  assert(secret.length === KEY_BYTES, 'a vault secret is 32 bytes');
  const { publicKey, privateKey } = keyPairOfSeed(derive(secret, 'sign'));
  const parts = CONTENT_LABELS.map((label) => derive(secret, label));
  return {
    secret: new Uint8Array(secret),
    vault: publicKey,
    signPrivate: privateKey,
    ...contentKeysOf(concatBytes(...parts)),
  };
}

export function isOwner(keys: VaultKeys): keys is OwnerKeys {
  return keys.secret !== undefined && keys.signPrivate !== undefined;
}

export function canOpen(keys: LogKeys): keys is VaultKeys {
  return keys.chunkKey !== undefined;
}

/** 128 bytes that an append-only device is given: the content keys of its scope, from which nothing of the rest follows. */
export function scopeSecret({ secret }: OwnerKeys, scope: Uint8Array): Uint8Array {
  assert(scope.length === SCOPE_BYTES, 'a scope is 16 bytes');
  return concatBytes(...CONTENT_LABELS.map((label) => derive(secret, scopeLabel(label, scope))));
}

/** `bytes` as `scopeSecret` gives them. */
export function contentKeysOf(bytes: Uint8Array, scope?: Uint8Array): ContentKeys {
  assert(bytes.length === CONTENT_KEYS_BYTES, 'content keys are 128 bytes');
  const keyAt = (place: number): Uint8Array => bytes.subarray(place * KEY_BYTES, (place + 1) * KEY_BYTES);
  return {
    ...(scope === undefined ? {} : { scope }),
    chunkSeed: new KeyedHash(keyAt(0)),
    chunkKey: createSecretKey(keyAt(1)),
    contentId: new KeyedHash(keyAt(2)),
    chunker: new KeyedHash(keyAt(3)),
  };
}

/** The same as bytes, for keeping. */
export function bytesOfContentKeys({ chunkSeed, chunkKey, contentId, chunker }: ContentKeys): Uint8Array {
  return concatBytes(chunkSeed.key, new Uint8Array(chunkKey.export()), contentId.key, chunker.key);
}

export function sameScope(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : bytesEqual(a, b);
}

/** The key for chunks of a scope; `undefined` when this device may not have it. */
export function chunkKeyFor(keys: OpeningKeys, scope: Uint8Array | undefined): KeyObject | undefined {
  if (sameScope(keys.scope, scope)) return keys.chunkKey;
  return scope !== undefined && keys.secret !== undefined ? scopedKey(keys.secret, scope) : undefined;
}

const remembered = new WeakMap<Uint8Array, Map<string, KeyObject>>();

function scopedKey(secret: Uint8Array, scope: Uint8Array): KeyObject {
  const known = remembered.get(secret) ?? new Map<string, KeyObject>();
  remembered.set(secret, known);
  const name = toHex(scope);
  const found = known.get(name) ?? createSecretKey(derive(secret, scopeLabel('chunk-key', scope)));
  if (known.size >= SCOPES_REMEMBERED) known.clear();
  known.set(name, found);
  return found;
}

function scopeLabel(label: (typeof CONTENT_LABELS)[number], scope: Uint8Array): string {
  return `scope/${label}/${toHex(scope)}`;
}

function derive(secret: Uint8Array, label: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, new Uint8Array(0), `vault-mesh/1/${label}`, KEY_BYTES));
}
