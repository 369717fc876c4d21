import { generateKeyPairFromSeed } from '@libp2p/crypto/keys';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/model/bytes.ts';
import { newPeerSeed, peerIdentityOf, peerNameOfSeed } from '../../src/network/peer-identity.ts';
import { systemRandom } from '../../src/runtime/system-random.ts';

describe('peer identity', () => {
  it('is the one libp2p makes of the same seed: name and signatures', async () => {
    for (const seed of [new Uint8Array(32), newPeerSeed(systemRandom)]) {
      const key = await generateKeyPairFromSeed('Ed25519', seed);
      expect(peerNameOfSeed(seed)).toBe(peerIdFromPrivateKey(key).toString());
      expect(await key.publicKey.verify(utf8('receipt'), peerIdentityOf(seed).sign(utf8('receipt')))).toBe(
        true,
      );
    }
  });

  it('refuses a seed of the wrong length', () => {
    expect(() => peerNameOfSeed(new Uint8Array(31))).toThrow(expect.objectContaining({ code: 'corrupt' }));
  });
});
