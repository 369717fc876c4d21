/** What the mesh's secret is turned into: DHT keys, the Noise prologue and names that tell a stranger nothing (M1, M3). */
import { createHmac, hkdfSync } from 'node:crypto';
import { concatBytes, toHex, utf8 } from '../model/bytes.ts';
import { KEY_BYTES, type VaultId } from '../model/ids.ts';

/** DHT key of "storage peers of this mesh", 32 bytes (M3). */
export function storagePeersKey(meshSecret: Uint8Array): Uint8Array {
  return mac(meshSecret, utf8('storage-peers'));
}

/** DHT key of "holders of this vault", 32 bytes, blinded: who knows the vault's key but not the mesh cannot compute it (M3). */
export function vaultHoldersKey(meshSecret: Uint8Array, vault: VaultId): Uint8Array {
  return mac(meshSecret, concatBytes(utf8('vault'), vault));
}

/** The Noise prologue, 32 bytes: a handshake between different meshes fails (M1). */
export function prologueOf(meshSecret: Uint8Array): Uint8Array {
  const none = new Uint8Array(0);
  return new Uint8Array(hkdfSync('sha256', meshSecret, none, 'vault-mesh/1/prologue', KEY_BYTES));
}

/** Service name for discovery on the local network; only members recognise it. */
export function mdnsTag(meshSecret: Uint8Array): string {
  return `_v${toHex(mac(meshSecret, utf8('mdns'))).slice(0, 12)}._udp.local`;
}

/** 16 hex digits, the same for all programs on one machine within a mesh; the machine's own id stays unknown (P2). */
export function machineTag(meshSecret: Uint8Array, machineId: string): string {
  return toHex(mac(meshSecret, utf8(`machine${machineId}`))).slice(0, 16);
}

function mac(key: Uint8Array, message: Uint8Array): Uint8Array {
  return new Uint8Array(createHmac('sha256', key).update(message).digest());
}
