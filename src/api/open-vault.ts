/** The three ways to an opened vault: make a new one, bring one back from its words, open the one that is here. */
import { hostname } from 'node:os';
import { secretOfWords, wordsOf } from '../crypto/recovery-words.ts';
import { deriveVaultKeys, type VaultKeys } from '../crypto/vault-keys.ts';
import { decodeTicket } from '../format/ticket.ts';
import { isVaultError, VaultError } from '../model/errors.ts';
import { KEY_BYTES } from '../model/ids.ts';
import { nodeDisk } from '../runtime/node-disk.ts';
import { systemClock } from '../runtime/system-clock.ts';
import { systemRandom } from '../runtime/system-random.ts';
import { createDevice, type VaultDevice } from '../vault/device.ts';
import { VaultHome } from '../vault/vault-home.ts';
import { MeshSession, type MeshSessionOptions } from './mesh-session.ts';
import { requireNoVault } from './vault-folder.ts';
import type {
  CreatedVault,
  CreateVaultOptions,
  OpenVaultOptions,
  RecoverVaultOptions,
  VaultHandle,
} from './vault-handle.ts';
import { openSession, requireKnownVault, VaultSession } from './vault-session.ts';

const DEFAULT_COPIES = 3;
const MAX_COPIES = 16;
const MAX_NAME = 64;

function newDevice(keys: VaultKeys, name: string | undefined): VaultDevice {
  const label = (name ?? (hostname() || 'unknown')).slice(0, MAX_NAME);
  return createDevice(keys, label, systemRandom.bytes(KEY_BYTES), Math.floor(systemClock.now()));
}

function visit(options: CreateVaultOptions | RecoverVaultOptions, keys: VaultKeys): MeshSessionOptions {
  return {
    keys,
    ticket: options.ticket,
    ...(options.onDetail ? { onDetail: options.onDetail } : {}),
    ...(options.signal ? { signal: options.signal } : {}),
  };
}

/** A ticket of another mesh is worth an error now; peers that are all away are only worth a warning. */
async function tryMesh(options: CreateVaultOptions, keys: VaultKeys): Promise<void> {
  try {
    const session = await MeshSession.join(visit(options, keys));
    await session.close();
  } catch (error) {
    if (!isVaultError(error, 'unavailable', 'timeout')) throw error;
    options.onWarning?.(`${error.message}; the vault is made nevertheless, the first backup needs peers`);
  }
}

/** Throws 'exists', 'bad-ticket', 'foreign-mesh', 'usage', 'io'. */
export async function createVault(options: CreateVaultOptions): Promise<CreatedVault> {
  const copies = options.copies ?? DEFAULT_COPIES;
  if (!Number.isInteger(copies) || copies < 1 || copies > MAX_COPIES) {
    throw new VaultError('usage', `copies must be a number from 1 to ${MAX_COPIES}`);
  }
  await requireNoVault(options.home);
  decodeTicket(options.ticket);
  const secret = systemRandom.bytes(KEY_BYTES);
  const keys = deriveVaultKeys(secret);
  await tryMesh(options, keys);
  const home = await VaultHome.create(nodeDisk(), systemRandom, options.home, {
    passphrase: options.passphrase,
    keys,
    device: newDevice(keys, options.deviceName),
    ticket: options.ticket,
    copies,
  });
  return { vault: new VaultSession(home, home.openState(), options), words: wordsOf(secret) };
}

/** Throws 'exists', 'wrong-words', 'bad-ticket', 'foreign-mesh', 'unavailable', 'not-found', 'rollback', 'forgery'. */
export async function recoverVault(options: RecoverVaultOptions): Promise<VaultHandle> {
  await requireNoVault(options.home);
  const keys = deriveVaultKeys(secretOfWords(options.words));
  const device = newDevice(keys, options.deviceName);
  const session = await MeshSession.join({ ...visit(options, keys), home: options.home, device });
  try {
    await requireKnownVault(session, options.signal ? { signal: options.signal } : {});
    const { home, passphrase, ticket } = options;
    const copies = session.table?.copies ?? DEFAULT_COPIES;
    const made = await VaultHome.create(nodeDisk(), systemRandom, home, {
      passphrase,
      keys,
      device,
      ticket,
      copies,
    });
    return new VaultSession(made, made.openState(), options, session);
  } catch (error) {
    await session.close();
    throw error;
  }
}

/** Throws 'no-vault', 'wrong-passphrase', 'locked', 'corrupt'. */
export async function openVault(options: OpenVaultOptions): Promise<VaultHandle> {
  return openSession(options);
}
