/** The folder of a vault on one machine (VAULT_HOME): secret and device key wrapped by a passphrase, the mesh's ticket, the books. */
import { join } from 'node:path';
import { type BoxCost, unwrap, type WrappedBox, wrap } from '../crypto/passphrase-box.ts';
import { deriveVaultKeys, type VaultKeys } from '../crypto/vault-keys.ts';
import { bytesEqual, fromHex, toHex, utf8 } from '../model/bytes.ts';
import { VaultError } from '../model/errors.ts';
import { idText, KEY_BYTES } from '../model/ids.ts';
import { KiB } from '../model/units.ts';
import type { Disk } from '../runtime/disk.ts';
import type { Random } from '../runtime/random.ts';
import { deviceOf, type VaultDevice } from './device.ts';
import { VaultState } from './vault-state.ts';

const HOME_VERSION = 1;
const MAX_FILE_BYTES = 64 * KiB;
const PRIVATE = { mode: 0o600 };

/** What a new home is made of. */
export interface NewVaultHome {
  readonly passphrase: string;
  /** What a guess of the passphrase shall cost; 64 MiB and three passes unless said (C1). */
  readonly boxCost?: BoxCost;
  readonly keys: VaultKeys;
  readonly device: VaultDevice;
  /** The mesh's ticket as text. */
  readonly ticket: string;
  /** Copies the owner wants of every chunk (P2). */
  readonly copies: number;
}

interface HomeFile {
  readonly version: number;
  /** Text form of the vault's id. */
  readonly vault: string;
  readonly copies: number;
  readonly box: WrappedBox;
}

interface BoxedSecrets {
  readonly secret: string;
  readonly deviceSeed: string;
  readonly deviceName: string;
  readonly certificate: string;
}

export class VaultHome {
  readonly folder: string;
  readonly keys: VaultKeys;
  readonly device: VaultDevice;
  readonly ticket: string;
  readonly copies: number;

  private constructor(folder: string, { keys, device, ticket, copies }: Omit<NewVaultHome, 'passphrase'>) {
    this.folder = folder;
    this.keys = keys;
    this.device = device;
    this.ticket = ticket;
    this.copies = copies;
  }

  static async exists(disk: Disk, folder: string): Promise<boolean> {
    return (await disk.stat(homePath(folder))) !== undefined;
  }

  /** Throws 'exists' when the folder holds a vault already. The home is there when vault.json is, which is written last. */
  static async create(disk: Disk, random: Random, folder: string, home: NewVaultHome): Promise<VaultHome> {
    if (await VaultHome.exists(disk, folder)) {
      throw new VaultError('exists', `${folder} already holds a vault`, {
        hint: 'Choose another folder with VAULT_HOME.',
      });
    }
    const { passphrase, keys, device, copies } = home;
    const secrets: BoxedSecrets = {
      secret: toHex(keys.secret),
      deviceSeed: toHex(device.seed),
      deviceName: device.name,
      certificate: toHex(device.certificate),
    };
    const box = wrap(passphrase, utf8(JSON.stringify(secrets)), random, home.boxCost);
    const file: HomeFile = { version: HOME_VERSION, vault: idText(keys.vault), copies, box };
    await disk.write(ticketPath(folder), [utf8(`${home.ticket.trim()}\n`)], PRIVATE);
    await disk.write(homePath(folder), [utf8(`${JSON.stringify(file, undefined, 2)}\n`)], PRIVATE);
    return new VaultHome(folder, home);
  }

  /** Throws 'no-vault', 'wrong-passphrase', 'corrupt', 'unsupported-version'. */
  static async open(disk: Disk, folder: string, passphrase: string): Promise<VaultHome> {
    const bytes = await disk.read(homePath(folder), MAX_FILE_BYTES);
    if (!bytes) {
      throw new VaultError('no-vault', `${folder} holds no vault`, {
        hint: 'Make one with "vault init", bring one back with "vault recover", or set VAULT_HOME.',
      });
    }
    const file = homeFile(bytes, folder);
    const { keys, device } = unlock(file, folder, passphrase);
    const ticket = await disk.read(ticketPath(folder), MAX_FILE_BYTES);
    if (!ticket) throw damaged(folder, 'its ticket is missing');
    const text = Buffer.from(ticket).toString('utf8').trim();
    return new VaultHome(folder, { keys, device, ticket: text, copies: file.copies });
  }

  /** Replaces the ticket, for example with one that names more peers. */
  async writeTicket(disk: Disk, ticket: string): Promise<void> {
    await disk.write(ticketPath(this.folder), [utf8(`${ticket.trim()}\n`)], PRIVATE);
  }

  /** The books in this folder; one process at a time ('locked'). */
  openState(): VaultState {
    return VaultState.open(join(this.folder, 'state.db'), { vault: this.keys.vault, device: this.device.id });
  }
}

function homePath(folder: string): string {
  return join(folder, 'vault.json');
}

function ticketPath(folder: string): string {
  return join(folder, 'ticket');
}

function homeFile(bytes: Uint8Array, folder: string): HomeFile {
  const file = parsed(bytes) as Partial<HomeFile> | undefined;
  if (typeof file !== 'object' || file === null) throw damaged(folder, 'vault.json is not JSON');
  if (file.version !== HOME_VERSION) {
    throw new VaultError('unsupported-version', `the vault in ${folder} was made by another version`, {
      hint: 'Use that version of the program.',
    });
  }
  const { vault, copies, box } = file;
  const plausible = typeof vault === 'string' && Number.isSafeInteger(copies) && typeof box === 'object';
  if (!plausible || copies === undefined || copies < 1 || box === null) {
    throw damaged(folder, 'vault.json lacks fields');
  }
  return { version: HOME_VERSION, vault, copies, box };
}

function unlock(
  file: HomeFile,
  folder: string,
  passphrase: string,
): { readonly keys: VaultKeys; readonly device: VaultDevice } {
  const secrets = parsed(unwrap(passphrase, file.box)) as Partial<BoxedSecrets> | undefined;
  const secret = fromHex(String(secrets?.secret));
  const seed = fromHex(String(secrets?.deviceSeed));
  const certificate = fromHex(String(secrets?.certificate));
  const name = secrets?.deviceName;
  if (
    secret?.length !== KEY_BYTES ||
    seed?.length !== KEY_BYTES ||
    !certificate ||
    typeof name !== 'string'
  ) {
    throw damaged(folder, 'its wrapped keys are incomplete');
  }
  const keys = deriveVaultKeys(secret);
  if (!bytesEqual(utf8(idText(keys.vault)), utf8(file.vault))) {
    throw damaged(folder, 'its keys belong to another vault');
  }
  return { keys, device: deviceOf(seed, name, certificate) };
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function damaged(folder: string, why: string): VaultError {
  return new VaultError('corrupt', `the vault's files in ${folder} are damaged: ${why}`, {
    hint: 'The backups are not affected: recover into another folder with the 24 words and a ticket.',
  });
}
