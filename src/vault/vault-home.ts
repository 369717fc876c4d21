/** The folder of a vault on one machine (VAULT_HOME): secret and device key wrapped by passphrases, the mesh's ticket, the books. */
import { join } from 'node:path';
import { type BoxCost, type DeriveKey, keyOf, unwrapBy, wrap } from '../crypto/passphrase-box.ts';
import { canOpen, isOwner, type LogKeys, type OwnerKeys, type VaultKeys } from '../crypto/vault-keys.ts';
import { utf8 } from '../model/bytes.ts';
import type { DeviceRole } from '../model/device-role.ts';
import { isVaultError, VaultError } from '../model/errors.ts';
import { idText, type VaultId } from '../model/ids.ts';
import { KiB } from '../model/units.ts';
import type { Disk } from '../runtime/disk.ts';
import type { Random } from '../runtime/random.ts';
import type { VaultDevice } from './device.ts';
import {
  type BoxFacts,
  damagedHome,
  decodeHomeFile,
  encodeHomeFile,
  type HomeFile,
  MAX_HOME_BYTES,
} from './home-file.ts';
import { decodeSecrets, encodeSecrets, type HomeSecrets } from './home-secrets.ts';
import { VaultState } from './vault-state.ts';

const MAX_TICKET_BYTES = 64 * KiB;
const PRIVATE = { mode: 0o600 };

/** What a new home is made of. */
export interface NewVaultHome {
  readonly passphrase: string;
  /** What a guess of the passphrase shall cost; 64 MiB and three passes unless said (C1). */
  readonly boxCost?: BoxCost;
  /** How the passphrase is listed. */
  readonly boxFacts?: BoxFacts;
  /** As much of them as the device's role lets it have. */
  readonly keys: HomeSecrets['keys'];
  readonly device: VaultDevice;
  /** The mesh's ticket as text. */
  readonly ticket: string;
  /** Copies the owner wants of every chunk (P2). */
  readonly copies: number;
}

const NO_FACTS: BoxFacts = { label: '', user: '', host: '', createdMs: 0 };

export class VaultHome {
  readonly folder: string;
  readonly vault: VaultId;
  /** What it takes to follow the logs; every device has it. */
  readonly logKeys: LogKeys;
  readonly device: VaultDevice;
  readonly ticket: string;
  readonly copies: number;

  private constructor(folder: string, { keys, device }: HomeSecrets, ticket: string, copies: number) {
    this.folder = folder;
    this.vault = keys.vault;
    this.logKeys = keys;
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
    const { passphrase, keys, copies, boxFacts = NO_FACTS } = home;
    const box = wrap(passphrase, encodeSecrets(home), random, home.boxCost);
    const file: HomeFile = { vault: idText(keys.vault), copies, boxes: [{ id: '', ...boxFacts, box }] };
    await disk.write(ticketPath(folder), [utf8(`${home.ticket.trim()}\n`)], PRIVATE);
    await writeHomeFile(disk, folder, file);
    return new VaultHome(folder, home, home.ticket, copies);
  }

  /** With any of its passphrases. Throws 'no-vault', 'wrong-passphrase', 'corrupt', 'unsupported-version'. */
  static async open(
    disk: Disk,
    folder: string,
    passphrase: string,
    derive: DeriveKey = keyOf,
  ): Promise<VaultHome> {
    const file = await readHomeFile(disk, folder);
    const { secrets } = await unlock(file, folder, passphrase, derive);
    return new VaultHome(folder, secrets, await readTicket(disk, folder), file.copies);
  }

  /** What opens and seals chunks. Throws 'denied' on a keeper, which has none. */
  get keys(): VaultKeys {
    if (canOpen(this.logKeys)) return this.logKeys;
    throw lacksKeys(this.device, 'it has no keys to read or write backups with');
  }

  /** All keys. Throws 'denied' unless this is a full device. */
  get ownerKeys(): OwnerKeys {
    const { keys } = this;
    if (isOwner(keys)) return keys;
    throw lacksKeys(this.device, "it does not have the vault's secret");
  }

  /** Replaces the ticket, for example with one that names more peers. */
  async writeTicket(disk: Disk, ticket: string): Promise<void> {
    await disk.write(ticketPath(this.folder), [utf8(`${ticket.trim()}\n`)], PRIVATE);
  }

  /** The books in this folder; one process at a time ('locked'). */
  openState(): VaultState {
    const { vault, device, logKeys } = this;
    const { scope } = logKeys;
    return VaultState.open(join(this.folder, 'state.db'), {
      vault,
      device: device.id,
      ...(scope === undefined ? {} : { scope }),
    });
  }
}

function lacksKeys({ name, role }: VaultDevice, why: string): VaultError {
  return new VaultError('denied', `this device ("${name}") is ${roleText(role)}: ${why}`, {
    hint: 'Do it from a full device of the vault; "vault device list" shows them.',
    data: { role },
  });
}

/** "append-only", "a keeper". */
export function roleText(role: DeviceRole): string {
  return role === 'keeper' ? 'a keeper' : role;
}

function homePath(folder: string): string {
  return join(folder, 'vault.json');
}

function ticketPath(folder: string): string {
  return join(folder, 'ticket');
}

/** The mesh's ticket as text. Throws 'corrupt' when there is none. */
export async function readTicket(disk: Disk, folder: string): Promise<string> {
  const ticket = await disk.read(ticketPath(folder), MAX_TICKET_BYTES);
  if (!ticket) throw damagedHome(folder, 'its ticket is missing');
  return Buffer.from(ticket).toString('utf8').trim();
}

/** Throws 'no-vault', 'corrupt', 'unsupported-version'. */
export async function readHomeFile(disk: Disk, folder: string): Promise<HomeFile> {
  const bytes = await disk.read(homePath(folder), MAX_HOME_BYTES);
  if (bytes) return decodeHomeFile(bytes, folder);
  throw new VaultError('no-vault', `${folder} holds no vault`, {
    hint: 'Make one with "vault init", bring one back with "vault recover", or set VAULT_HOME.',
  });
}

/** Whole or not at all: killed at any moment, the old file or the new one is there. */
export async function writeHomeFile(disk: Disk, folder: string, file: HomeFile): Promise<void> {
  await disk.write(homePath(folder), [encodeHomeFile(file)], PRIVATE);
}

/**
 * What `passphrase` opens, and the id of the box that it opened. A damaged box hides no other. Throws 'wrong-passphrase', 'corrupt',
 * 'unsupported-version'.
 */
export async function unlock(
  file: HomeFile,
  folder: string,
  passphrase: string,
  derive: DeriveKey = keyOf,
): Promise<{ readonly secrets: HomeSecrets; readonly boxId: string }> {
  const failures: VaultError[] = [];
  for (const { id, box } of file.boxes) {
    const plain = await tryUnwrap(derive, passphrase, box, failures);
    if (!plain) continue;
    const secrets = decodeSecrets(plain);
    if (!secrets) throw damagedHome(folder, 'its wrapped keys are incomplete');
    if (idText(secrets.keys.vault) === file.vault) return { secrets, boxId: id };
    throw damagedHome(folder, 'its keys belong to another vault');
  }
  throw (
    failures.find(({ code }) => code === 'wrong-passphrase') ??
    failures[0] ??
    damagedHome(folder, 'it has no key')
  );
}

/** `undefined`, with the reason in `failures`, for a box that another passphrase opens, or none. */
async function tryUnwrap(
  derive: DeriveKey,
  passphrase: string,
  box: unknown,
  failures: VaultError[],
): Promise<Uint8Array | undefined> {
  try {
    return await unwrapBy(derive, passphrase, box);
  } catch (error) {
    if (!isVaultError(error)) throw error;
    failures.push(error);
    return undefined;
  }
}
