/** A peer's own files: identity, mesh and settings in `peer.json`, readable by its owner only (0600). */
import path from 'node:path';
import { fromHex, toHex, utf8 } from '../model/bytes.ts';
import { VaultError } from '../model/errors.ts';
import { KEY_BYTES, type PeerName } from '../model/ids.ts';
import { KiB } from '../model/units.ts';
import { peerNameOfSeed } from '../network/peer-identity.ts';
import { nodeDisk } from '../runtime/node-disk.ts';
import type { PeerSettings } from './peer-types.ts';

const VERSION = 1;
const MAX_BYTES: number = 256 * KiB;
const PRIVATE = { mode: 0o600 };

export interface PeerFolder {
  readonly folder: string;
  readonly peerId: PeerName;
  /** 32 bytes; the peer's private key. */
  readonly seed: Uint8Array;
  readonly meshSecret: Uint8Array;
  readonly settings: PeerSettings;
  /** Nobody chose where it listens: another port does as well, until others know this one. */
  readonly defaultListen: boolean;
}

export type PeerSecrets = Pick<PeerFolder, 'seed' | 'meshSecret' | 'settings' | 'defaultListen'>;

function settingsFile(folder: string): string {
  return path.join(folder, 'peer.json');
}

async function readJson(file: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  const bytes = await nodeDisk().read(file, MAX_BYTES);
  if (bytes === undefined) return undefined;
  try {
    const parsed: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    if (typeof parsed === 'object' && parsed !== null) return parsed as Record<string, unknown>;
  } catch (cause) {
    throw new VaultError('corrupt', `${file} cannot be read: it is damaged`, { cause });
  }
  throw new VaultError('corrupt', `${file} cannot be read: it is damaged`);
}

async function writeJson(file: string, value: object): Promise<void> {
  await nodeDisk().write(file, [utf8(`${JSON.stringify(value, undefined, 2)}\n`)], PRIVATE);
}

function secretOf(text: unknown): Uint8Array | undefined {
  const bytes = typeof text === 'string' ? fromHex(text) : undefined;
  return bytes?.length === KEY_BYTES ? bytes : undefined;
}

export async function peerExists(folder: string): Promise<boolean> {
  return (await nodeDisk().stat(settingsFile(folder))) !== undefined;
}

/** Throws 'no-peer', 'corrupt', 'unsupported-version'. */
export async function readPeerFolder(folder: string): Promise<PeerFolder> {
  const found = await readJson(settingsFile(folder));
  if (found === undefined) throw new VaultError('no-peer', `${folder} holds no peer`);
  if (found.version !== VERSION) {
    throw new VaultError('unsupported-version', `the peer in ${folder} was made by another version`);
  }
  const seed = secretOf(found.seed);
  const meshSecret = secretOf(found.mesh_secret);
  const { name, zone, capacity_bytes: capacityBytes, listen } = found;
  if (
    seed === undefined ||
    meshSecret === undefined ||
    typeof name !== 'string' ||
    typeof zone !== 'string' ||
    typeof capacityBytes !== 'number' ||
    !Array.isArray(listen)
  ) {
    throw new VaultError('corrupt', `${settingsFile(folder)} is incomplete`, {
      hint: 'Restore it from a copy: without it this peer has no identity. The chunks below are intact.',
    });
  }
  const settings = { name, zone, capacityBytes, listen: listen.map(String) };
  const defaultListen = found.default_listen === true;
  return { folder, peerId: peerNameOfSeed(seed), seed, meshSecret, settings, defaultListen };
}

/** Throws 'exists', 'io'. */
export async function writePeerFolder(folder: string, secrets: PeerSecrets): Promise<PeerFolder> {
  if (await peerExists(folder)) {
    throw new VaultError('exists', `${folder} already holds a peer`, {
      hint: 'Choose another folder with --data; an identity is never overwritten.',
    });
  }
  return replacePeerFolder(folder, secrets);
}

/** The same for a peer that exists: its settings change. Throws 'io'. */
export async function replacePeerFolder(folder: string, secrets: PeerSecrets): Promise<PeerFolder> {
  const { seed, meshSecret, settings, defaultListen } = secrets;
  await writeJson(settingsFile(folder), {
    version: VERSION,
    name: settings.name,
    zone: settings.zone,
    capacity_bytes: settings.capacityBytes,
    listen: settings.listen,
    ...(defaultListen ? { default_listen: true } : {}),
    seed: toHex(seed),
    mesh_secret: toHex(meshSecret),
  });
  return { folder, peerId: peerNameOfSeed(seed), seed, meshSecret, settings, defaultListen };
}
