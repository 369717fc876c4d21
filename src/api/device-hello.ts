/** What a device of a vault shows to holders before it may write there, signed with its own key (L1, T2). */
import { helloProof, PERMIT_NONCE_BYTES, permitProof } from '../crypto/device-proof.ts';
import type { VaultId } from '../model/ids.ts';
import type { DeviceHello } from '../protocol/remote-peer.ts';
import type { Random } from '../runtime/random.ts';
import type { VaultDevice } from '../vault/device.ts';

export function helloOf(device: VaultDevice, vault: VaultId, random: Random): DeviceHello {
  const { certificate, privateKey } = device;
  return {
    certificate,
    prove: (holder, client) => helloProof(privateKey, { vault, holder, client }),
    permit: (facts) => permitProof(privateKey, facts),
    nonce: () => random.bytes(PERMIT_NONCE_BYTES),
  };
}
