/** The three ways to an opened vault: make a new one, bring one back from its words, open the one that is here. */
import { secretOfWords, wordsOf } from '../crypto/recovery-words.ts';
import { deriveVaultKeys, type OwnerKeys } from '../crypto/vault-keys.ts';
import { decodeTicket } from '../format/ticket.ts';
import { isVaultError, VaultError } from '../model/errors.ts';
import { KEY_BYTES } from '../model/ids.ts';
import { VaultHome } from '../vault/vault-home.ts';
import { MeshSession, type MeshSessionOptions } from './mesh-session.ts';
import { newDevice } from './new-device.ts';
import { openSession } from './open-session.ts';
import { requireKnownVault } from './require-known-vault.ts';
import type { Surroundings } from './surroundings.ts';
import { systemSurroundings } from './system-surroundings.ts';
import { requireNoVault } from './vault-folder.ts';
import type {
  CreatedVault,
  CreateVaultOptions,
  OpenVaultOptions,
  RecoverVaultOptions,
  VaultHandle,
} from './vault-handle.ts';
import { boxFactsOf } from './vault-keyring.ts';
import { VaultSession } from './vault-session.ts';

const DEFAULT_COPIES = 3;
const MAX_COPIES = 16;

function visit(
  options: CreateVaultOptions | RecoverVaultOptions,
  keys: OwnerKeys,
  surroundings: Surroundings,
): MeshSessionOptions {
  return {
    surroundings,
    keys,
    ticket: options.ticket,
    ...(options.onDetail ? { onDetail: options.onDetail } : {}),
    ...(options.limits ? { limits: options.limits } : {}),
    ...(options.signal ? { signal: options.signal } : {}),
  };
}

/** A ticket of another mesh is worth an error now; peers that are all away are only worth a warning. */
async function tryMesh(
  options: CreateVaultOptions,
  keys: OwnerKeys,
  surroundings: Surroundings,
): Promise<void> {
  try {
    const session = await MeshSession.join(visit(options, keys, surroundings));
    await session.close();
  } catch (error) {
    if (!isVaultError(error, 'unavailable', 'timeout')) throw error;
    options.onWarning?.(`${error.message}; the vault is made nevertheless, the first backup needs peers`);
  }
}

/** Throws 'exists', 'bad-ticket', 'foreign-mesh', 'usage', 'io'. */
export async function createVault(
  options: CreateVaultOptions,
  surroundings: Surroundings = systemSurroundings,
): Promise<CreatedVault> {
  const { disk, random, boxCost } = surroundings;
  const copies = options.copies ?? DEFAULT_COPIES;
  if (!Number.isInteger(copies) || copies < 1 || copies > MAX_COPIES) {
    throw new VaultError('usage', `copies must be a number from 1 to ${MAX_COPIES}`);
  }
  await requireNoVault(options.home, disk);
  decodeTicket(options.ticket);
  const secret = random.bytes(KEY_BYTES);
  const keys = deriveVaultKeys(secret);
  await tryMesh(options, keys, surroundings);
  const home = await VaultHome.create(disk, random, options.home, {
    passphrase: options.passphrase,
    boxCost,
    boxFacts: boxFactsOf(surroundings, ''),
    keys,
    device: newDevice(keys, options.deviceName, surroundings),
    ticket: options.ticket,
    copies,
  });
  return { vault: new VaultSession(home, options, surroundings), words: wordsOf(secret) };
}

/** Throws 'exists', 'wrong-words', 'bad-ticket', 'foreign-mesh', 'unavailable', 'not-found', 'rollback', 'forgery'. */
export async function recoverVault(
  options: RecoverVaultOptions,
  surroundings: Surroundings = systemSurroundings,
): Promise<VaultHandle> {
  const { disk, random, boxCost } = surroundings;
  await requireNoVault(options.home, disk);
  const keys = deriveVaultKeys(secretOfWords(options.words));
  const device = newDevice(keys, options.deviceName, surroundings);
  const session = await MeshSession.join({
    ...visit(options, keys, surroundings),
    home: options.home,
    device,
  });
  try {
    await requireKnownVault(session, options.signal ? { signal: options.signal } : {});
    const { home, passphrase, ticket } = options;
    const copies = session.table?.copies ?? DEFAULT_COPIES;
    const made = await VaultHome.create(disk, random, home, {
      passphrase,
      boxCost,
      boxFacts: boxFactsOf(surroundings, ''),
      keys,
      device,
      ticket,
      copies,
    });
    return new VaultSession(made, options, surroundings, session);
  } catch (error) {
    await session.close();
    throw error;
  }
}

/** Throws 'no-vault', 'wrong-passphrase', 'locked', 'corrupt'. */
export async function openVault(
  options: OpenVaultOptions,
  surroundings: Surroundings = systemSurroundings,
): Promise<VaultHandle> {
  return openSession(options, surroundings);
}
