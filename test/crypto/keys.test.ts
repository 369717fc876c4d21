/** Keys and words: everything follows from one secret, wrong input is named, and no key serves two purposes (C1, M1, M3, L5). */
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { argon2id, argon2idSync } from '../../src/crypto/argon2id.ts';
import { boundaryDecision } from '../../src/crypto/boundary-prf.ts';
import { contentIdOf } from '../../src/crypto/content-id.ts';
import { helloProof, receiptMessage, verifyHello } from '../../src/crypto/device-proof.ts';
import { keyPairOfSeed, sign, verify } from '../../src/crypto/ed25519.ts';
import { KeyedHash } from '../../src/crypto/keyed-hash.ts';
import {
  machineTag,
  mdnsTag,
  prologueOf,
  storagePeersKey,
  vaultHoldersKey,
} from '../../src/crypto/mesh-keys.ts';
import { DEFAULT_COST, keyBeside, keyOf, unwrap, unwrapBy, wrap } from '../../src/crypto/passphrase-box.ts';
import { peerNameOfKey, peerPublicKey, verifyPeer } from '../../src/crypto/peer-key.ts';
import { secretOfWords, wordsOf } from '../../src/crypto/recovery-words.ts';
import { deriveVaultKeys } from '../../src/crypto/vault-keys.ts';
import { isVaultError } from '../../src/model/errors.ts';

const secrets = fc.uint8Array({ minLength: 32, maxLength: 32 });
const SECRET = new Uint8Array(32).fill(7);
const CHEAP = { memoryKiB: 64, passes: 1, parallelism: 1 };
const random = { bytes: (length: number) => new Uint8Array(randomBytes(length)) };

describe('a keyed hash', () => {
  it('is BLAKE3, the same natively and in JavaScript, and keeps nothing of what it hashed before', () => {
    const [native, slow] = [new KeyedHash(SECRET), new KeyedHash(SECRET, 'javascript')];
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 4 }), (parts) => {
        expect(native.of(...parts)).toEqual(slow.of(...parts));
      }),
    );
    // From the official test vectors: key "whats the Elvish word for friend", no input.
    const official = new KeyedHash(Buffer.from('whats the Elvish word for friend'));
    expect(Buffer.from(official.of()).toString('hex')).toBe(
      '92b2b75604ed3c761f9d6f62392c8a9227ad0ea3f09573e783f1498a4ed60d26',
    );
  });
});

describe('argon2id', () => {
  it('is the same natively, by Node, and while the thread waits (C1)', async () => {
    const inputs = fc.record({
      message: fc.uint8Array({ maxLength: 100 }),
      salt: fc.uint8Array({ minLength: 16, maxLength: 16 }),
      memoryKiB: fc.integer({ min: 64, max: 300 }),
      passes: fc.integer({ min: 1, max: 4 }),
      parallelism: fc.integer({ min: 1, max: 8 }),
    });
    await fc.assert(
      fc.asyncProperty(inputs, async (input) => {
        const key = await argon2id(input, 'native');
        expect(key).toEqual(await argon2id(input, 'node'));
        expect(key).toEqual(argon2idSync(input));
      }),
    );
  });

  it('gives what the reference code gives', async () => {
    // "password", "somesalt" and 2 passes over 64 MiB: test.c of the Password Hashing Competition's winner, argon2id, version 0x13.
    const input = {
      message: Buffer.from('password'),
      salt: Buffer.from('somesalt'),
      memoryKiB: 65_536,
      passes: 2,
      parallelism: 1,
    };
    const expected = '09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7';
    expect(Buffer.from(await argon2id(input)).toString('hex')).toBe(expected);
  });
});

describe('vault keys', () => {
  it('are all different, and the same each time (C1)', () => {
    const keys = deriveVaultKeys(SECRET);
    const all = [
      keys.chunkKey.export(),
      keys.chunker.key,
      keys.chunkSeed.key,
      keys.contentId.key,
      keys.vault,
    ];
    expect(new Set(all.map((key) => Buffer.from(key).toString('hex'))).size).toBe(5);
    expect(deriveVaultKeys(SECRET).vault).toEqual(keys.vault);
    expect(verify(keys.vault, SECRET, sign(keys.signPrivate, SECRET))).toBe(true);
  });

  it('give ids that depend on vault, kind and content (C5)', () => {
    const [a, b] = [deriveVaultKeys(SECRET), deriveVaultKeys(new Uint8Array(32))];
    const ids = [contentIdOf(a, 1, SECRET), contentIdOf(a, 2, SECRET), contentIdOf(b, 1, SECRET)];
    expect(new Set(ids.map((id) => Buffer.from(id).toString('hex'))).size).toBe(3);
    expect(ids[0]).toHaveLength(20);
    expect(boundaryDecision(a)(new Uint8Array(64))).not.toBe(boundaryDecision(b)(new Uint8Array(64)));
  });
});

describe('recovery words', () => {
  it('are 24 and give the secret back, with numbers, commas, capitals and line breaks too (C1)', () => {
    fc.assert(
      fc.property(secrets, fc.constantFrom('\n', ', ', '  ', '\t'), (secret, between) => {
        const words = wordsOf(secret).split(' ');
        expect(words).toHaveLength(24);
        const typed = words.map((word, i) => `${i + 1}. ${word.toUpperCase()}`).join(between);
        expect(secretOfWords(typed)).toEqual(secret);
      }),
    );
  });

  it('are refused with the number of the word that is wrong', () => {
    const words = wordsOf(SECRET).split(' ');
    const faultOf = (list: string[]): string => {
      try {
        secretOfWords(list.join(' '));
        return '';
      } catch (error) {
        return isVaultError(error, 'wrong-words') ? error.message : 'another error';
      }
    };
    expect(faultOf(words.with(4, 'abandonn'))).toContain('word 5, "abandonn"');
    expect(faultOf(words.slice(1))).toContain('23 words');
    expect(faultOf(words.with(23, words[23] === 'zoo' ? 'able' : 'zoo'))).toContain('checksum');
    expect(faultOf([])).toContain('0 words');
    expect(faultOf(['x'.repeat(10_000)])).toContain('too long');
  });

  it('throws VaultError only, for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(() => secretOfWords(text)).toThrow(expect.objectContaining({ code: 'wrong-words' }));
      }),
    );
  });
});

describe('a passphrase box', () => {
  const box = wrap('correct horse', SECRET, random, CHEAP);

  it('opens with its passphrase, after a way through JSON, however its accents are composed (C1)', () => {
    expect(unwrap('correct horse', JSON.parse(JSON.stringify(box)))).toEqual(SECRET);
    expect(unwrap('\u00e9', wrap('e\u0301', SECRET, random, CHEAP))).toEqual(SECRET);
  });

  it('costs 64 MiB, three passes and four lanes a guess by default (C1)', () => {
    expect(DEFAULT_COST).toEqual({ memoryKiB: 65_536, passes: 3, parallelism: 4 });
    expect(unwrap('x', wrap('x', SECRET, random))).toEqual(SECRET);
  });

  it('gives the same key on a thread of the pool', async () => {
    const salt = random.bytes(16);
    expect(new Uint8Array(await keyBeside('e\u0301', salt, CHEAP))).toEqual(
      new Uint8Array(keyOf('\u00e9', salt, CHEAP)),
    );
    expect(await unwrapBy(keyBeside, 'correct horse', box)).toEqual(SECRET);
    await expect(unwrapBy(keyBeside, 'wrong horse', box)).rejects.toMatchObject({ code: 'wrong-passphrase' });
  });

  it('says that the passphrase is wrong, also when the box was changed', () => {
    const wrong = expect.objectContaining({ code: 'wrong-passphrase' });
    expect(() => unwrap('wrong horse', box)).toThrow(wrong);
    expect(() => unwrap('correct horse', { ...box, passes: 2 })).toThrow(wrong);
  });

  it.each([
    ['no object', null],
    ['an empty one', {}],
    ['a demand for a TiB', { ...box, memoryKiB: 2 ** 30 }],
    ['a demand for a million passes', { ...box, passes: 1e6 }],
    ['too little memory for its lanes', { ...box, memoryKiB: 7 }],
    ['a short salt', { ...box, salt: 'AAAA' }],
    ['no sealed bytes', { ...box, sealed: '' }],
    ['a number where text is due', { ...box, nonce: 5 }],
  ])('is refused before any work when the file holds %s', (_, value) => {
    expect(() => unwrap('correct horse', value)).toThrow(expect.objectContaining({ code: 'corrupt' }));
  });

  it('asks for a newer program when its version is later', () => {
    expect(() => unwrap('x', { ...box, version: 2 })).toThrow(
      expect.objectContaining({ code: 'unsupported-version' }),
    );
  });
});

describe('signatures', () => {
  const pair = keyPairOfSeed(SECRET);

  it('hold for their message and key only, and checking never throws', () => {
    fc.assert(
      fc.property(
        fc.uint8Array(),
        fc.uint8Array({ maxLength: 80 }),
        fc.uint8Array({ maxLength: 80 }),
        (m, key, s) => {
          expect(verify(pair.publicKey, m, sign(pair.privateKey, m))).toBe(true);
          expect(verify(pair.publicKey, m, s)).toBe(false);
          expect(verify(key, m, sign(pair.privateKey, m))).toBe(false);
        },
      ),
    );
  });

  it('match RFC 8032, test 1', () => {
    const seed = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex');
    const rfc = keyPairOfSeed(seed);
    expect(Buffer.from(rfc.publicKey).toString('hex')).toBe(
      'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    );
    expect(Buffer.from(sign(rfc.privateKey, new Uint8Array())).toString('hex').slice(0, 16)).toBe(
      'e5564300c360ac72',
    );
  });

  it('are checked by a peer name alone (L5)', () => {
    const name = peerNameOfKey(pair.publicKey);
    expect(name).toMatch(/^12D3KooW/);
    expect(peerPublicKey(name)).toEqual(pair.publicKey);
    expect(verifyPeer(name, SECRET, sign(pair.privateKey, SECRET))).toBe(true);
    for (const bad of [
      '',
      'QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N',
      '0OIl',
      `${name}1`,
      'x'.repeat(1e5),
    ]) {
      expect(verifyPeer(bad, SECRET, sign(pair.privateKey, SECRET))).toBe(false);
    }
  });

  it('of a hello are worth nothing for another vault, holder or client (L1)', () => {
    const facts = { vault: SECRET, holder: 'peer-a', client: 'peer-b' };
    const proof = helloProof(pair.privateKey, facts);
    expect(verifyHello(pair.publicKey, facts, proof)).toBe(true);
    for (const other of [{ vault: new Uint8Array(32) }, { holder: 'peer-ab' }, { client: 'peer-c' }]) {
      expect(verifyHello(pair.publicKey, { ...facts, ...other }, proof)).toBe(false);
    }
    expect(receiptMessage(SECRET, SECRET, 0x01020304).subarray(-4)).toEqual(Uint8Array.of(1, 2, 3, 4));
  });
});

describe('mesh keys', () => {
  it('differ by purpose, vault and mesh (M1, M3)', () => {
    const other = new Uint8Array(32);
    const all = [SECRET, other].flatMap((secret) => [
      Buffer.from(storagePeersKey(secret)).toString('hex'),
      Buffer.from(vaultHoldersKey(secret, SECRET)).toString('hex'),
      Buffer.from(vaultHoldersKey(secret, other)).toString('hex'),
      Buffer.from(prologueOf(secret)).toString('hex'),
      mdnsTag(secret),
      machineTag(secret, 'abc'),
      machineTag(secret, 'abd'),
    ]);
    expect(new Set(all).size).toBe(all.length);
    expect(mdnsTag(SECRET)).toMatch(/^_v[0-9a-f]{12}\._udp\.local$/);
    expect(machineTag(SECRET, 'abc')).toMatch(/^[0-9a-f]{16}$/);
  });
});
