/** Vectors of shares, computed here by schoolbook arithmetic, and of devices with fewer rights: certificates, scopes, invitations (C1, L4). */
import { sealBody } from '../../src/crypto/chunk-cipher.ts';
import { type SecretShare, shareWords } from '../../src/crypto/share-words.ts';
import { contentKeysOf, deriveVaultKeys, scopeSecret } from '../../src/crypto/vault-keys.ts';
import { type DeviceCertificate, encodeCertificate } from '../../src/format/certificate.ts';
import { encodeInvitation, type Invitation } from '../../src/format/invitation.ts';
import { encodeSigned } from '../../src/format/signed.ts';
import { createDevice } from '../../src/vault/device.ts';
import { sealInvitation } from '../../src/vault/invitation.ts';
import { DEVICE, signVault, VAULT } from './arbitraries.ts';
import { bad, cbor, type FormatVector, fill, good } from './vector.ts';

const SAID = { vault: VAULT.publicKey, device: DEVICE.publicKey, name: 'web1', created: 1_700_000_000_000 };
const SCOPE = fill(9, 16);
const CHEAP = { memoryKiB: 64, passes: 1, parallelism: 1 };

/** In GF(2^8) with x^8 + x^4 + x^3 + x + 1, a bit at a time. */
function times(a: number, b: number): number {
  let [product, factor] = [0, a];
  for (let bit = 0; bit < 8; bit++) {
    if ((b >> bit) & 1) product ^= factor;
    factor = (factor << 1) ^ (factor & 0x80 ? 0x11b : 0);
  }
  return product;
}

/** The value at `x` of a polynomial whose coefficient 0 is the secret's byte. */
function valueAt(x: number, coefficients: readonly number[]): number {
  return coefficients.reduceRight((sum, coefficient) => times(sum, x) ^ coefficient, 0);
}

/** Five shares of which three are needed, with coefficients and places that follow a rule instead of chance. */
function fixedShares(secret: Uint8Array): readonly SecretShare[] {
  const { vault } = deriveVaultKeys(secret);
  return [1, 2, 3, 4, 5].map((number) => {
    const x = number * 37;
    const y = secret.map((byte, i) => valueAt(x, [byte, (7 * i + 1) & 255, (11 * i + 2) & 255]));
    return { threshold: 3, count: 5, number, x, split: Uint8Array.of(1, 2, 3), vault: vault.slice(0, 6), y };
  });
}

export function shares(secret: Uint8Array): unknown {
  return {
    secret,
    shares: fixedShares(secret).map((share) => ({ ...share, words: shareWords(share).join(' ') })),
  };
}

/** Behind the older vectors of certificates. */
export function restrictedCertificates(): FormatVector[] {
  const bounds = { what: 'vector', maxBytes: 1024 };
  const signed = (body: object): Uint8Array =>
    encodeSigned('vault-mesh-certificate-1', { v: 2, ...SAID, ...body }, [signVault], bounds);
  const encode = (value: DeviceCertificate): Uint8Array => encodeCertificate(value, signVault);
  return [
    good('of an append-only device', { ...SAID, role: 'append-only', scope: SCOPE } as const, encode),
    good('of a keeper', { ...SAID, role: 'keeper' } as const, encode),
    bad('of an append-only device without a scope', signed({ role: 'append-only' })),
    bad('with a scope of 15 bytes', signed({ role: 'append-only', scope: fill(9, 15) })),
    bad('of a keeper with a scope', signed({ role: 'keeper', scope: SCOPE })),
    bad('of version 2 without a role', signed({})),
    bad('of a role that nobody knows', signed({ role: 'reader' }), 'unsupported-version'),
    bad(
      'of version 1 with a role',
      encodeSigned('vault-mesh-certificate-1', { v: 1, ...SAID, role: 'keeper' }, [signVault], bounds),
    ),
    bad(
      'of version 3',
      encodeSigned('vault-mesh-certificate-1', { v: 3, ...SAID }, [signVault], bounds),
      'unsupported-version',
    ),
  ];
}

const CERTIFICATE = encodeCertificate({ ...SAID, role: 'append-only', scope: SCOPE }, signVault);
const INVITATION: Invitation = {
  seed: fill(2),
  certificate: CERTIFICATE,
  contentKeys: fill(5, 128),
  ticket: 'vaultmesh1abc',
  copies: 3,
};

export function invitations(): FormatVector[] {
  const { contentKeys: _, ...keyless } = INVITATION;
  const plain = { v: 1, seed: fill(2), certificate: CERTIFICATE, ticket: 'x', copies: 3 };
  return [
    good('of an append-only device', INVITATION, encodeInvitation),
    good('without content keys', keyless, encodeInvitation),
    bad('content keys of 127 bytes', cbor({ ...plain, keys: fill(5, 127) })),
    bad('no copies', cbor({ ...plain, copies: 0 })),
    bad('an unknown field', cbor({ ...plain, secret: fill(1) })),
    bad('of version 2', cbor({ ...plain, v: 2 }), 'unsupported-version'),
  ];
}

/** The keys of a scope, a chunk sealed by them, and an invitation with its passphrase. */
export function scopes(secret: Uint8Array): unknown {
  const keys = deriveVaultKeys(secret);
  const bytes = scopeSecret(keys, SCOPE);
  const content = contentKeysOf(bytes, SCOPE);
  const plain = fill(7, 100);
  const sealed = sealBody(content, 1, { flags: 0, plainLength: plain.length, bytes: plain });
  const device = createDevice(keys, 'web1', fill(2), 1_700_000_000_000, {
    role: 'append-only',
    scope: SCOPE,
  });
  const parts = {
    keys,
    device,
    ticket: 'vaultmesh1abc',
    copies: 3,
    passphrase: 'correct horse',
    cost: CHEAP,
  };
  return {
    secret,
    scope: SCOPE,
    chunkSeed: bytes.subarray(0, 32),
    chunkKey: bytes.subarray(32, 64),
    contentId: bytes.subarray(64, 96),
    chunker: bytes.subarray(96, 128),
    chunk: { kind: 1, plain, sealed: sealed.bytes, digest: sealed.digest },
    invitation: {
      passphrase: 'correct horse',
      deviceSeed: fill(2),
      text: sealInvitation(parts, { bytes: (length) => fill(6, length) }),
    },
  };
}
