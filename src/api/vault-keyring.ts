/** The keyring of a VAULT_HOME at work: one process changes vault.json at a time, and it is read anew before each change. */
import { verify } from '../crypto/ed25519.ts';
import { wordsOf } from '../crypto/recovery-words.ts';
import { canOpen, isOwner, type OwnerKeys } from '../crypto/vault-keys.ts';
import { decodeCertificate } from '../format/certificate.ts';
import { assert, isVaultError, VaultError } from '../model/errors.ts';
import { idText } from '../model/ids.ts';
import type { BoxFacts, HomeBox, HomeFile } from '../vault/home-file.ts';
import { findBox, type NewBox, withBox, withOtherBox, withoutBox } from '../vault/home-keys.ts';
import type { HomeSecrets } from '../vault/home-secrets.ts';
import { readHomeFile, unlock, writeHomeFile } from '../vault/vault-home.ts';
import { currentTicket } from './current-ticket.ts';
import { lockFolder } from './folder-lock.ts';
import type { KeyInfo, Keyring, NewKey, OpenKeyringOptions, RecoverySheet } from './keyring-types.ts';
import { programVersion } from './program-version.ts';
import { requireRight } from './require-right.ts';
import type { SplitOptions, SplitSecret } from './share-types.ts';
import { printedShare } from './shares.ts';
import { splitSecret } from './split-secret.ts';
import type { Surroundings } from './surroundings.ts';
import { systemSurroundings } from './system-surroundings.ts';

interface Change {
  readonly next: HomeFile;
  /** What the caller is told of. */
  readonly told: HomeBox | undefined;
  readonly openedId?: string;
}

class VaultKeyring implements Keyring {
  readonly vaultId: string;
  readonly home: string;
  readonly #surroundings: Surroundings;
  readonly #secrets: HomeSecrets;
  #openedId: string;

  constructor(home: string, secrets: HomeSecrets, openedId: string, surroundings: Surroundings) {
    this.home = home;
    this.vaultId = idText(secrets.keys.vault);
    this.#secrets = secrets;
    this.#openedId = openedId;
    this.#surroundings = surroundings;
  }

  async list(): Promise<readonly KeyInfo[]> {
    const { boxes } = await this.#read();
    return boxes.map((box) => this.#info(box));
  }

  async add(key: NewKey): Promise<KeyInfo> {
    return this.#change(async (file) => {
      await requireNew(file, this.home, key.passphrase);
      const next = withBox(file, this.#secrets, this.#newBox(key), this.#surroundings.random);
      return { next, told: next.boxes.at(-1) };
    });
  }

  async changePassphrase(key: NewKey): Promise<KeyInfo> {
    return this.#change(async (file) => {
      const others = file.boxes.filter(({ id }) => id !== this.#openedId);
      await requireNew({ ...file, boxes: others }, this.home, key.passphrase);
      const place = file.boxes.findIndex(({ id }) => id === this.#openedId);
      const label = key.label ?? file.boxes[place]?.label ?? '';
      const box = this.#newBox({ ...key, label });
      const next = withOtherBox(file, this.#openedId, this.#secrets, box, this.#surroundings.random);
      const told = next.boxes[place];
      return { next, told, ...(told ? { openedId: told.id } : {}) };
    });
  }

  async remove(name: string): Promise<KeyInfo> {
    return this.#change((file) => {
      const told = findBox(file, name);
      return { next: withoutBox(file, this.#openedId, told.id), told };
    });
  }

  async recoverySheet(): Promise<RecoverySheet> {
    const { secret } = this.#owner('show the words');
    return { ...(await this.#paper()), words: wordsOf(secret) };
  }

  async split({ shares: count, threshold }: SplitOptions): Promise<SplitSecret> {
    const { secret } = this.#owner('split the words');
    const shares = await splitSecret(secret, { count, threshold }, this.#surroundings.random);
    return { ...(await this.#paper()), shares: shares.map(printedShare) };
  }

  /** Throws 'denied' on a device that does not have the secret. */
  #owner(doing: string): OwnerKeys {
    const { keys, device } = this.#secrets;
    requireRight({ device }, 'admit', doing);
    assert(canOpen(keys) && isOwner(keys), 'a full device without the secret');
    return keys;
  }

  /** What every paper says beside the secret. */
  async #paper(): Promise<Omit<RecoverySheet, 'words'>> {
    const { keys, device } = this.#secrets;
    const ticket = await currentTicket(this.#surroundings.disk, { folder: this.home, vault: keys.vault });
    return { vaultId: this.vaultId, device: device.name, ticket, program: programVersion() };
  }

  /** Reads, decides, writes, with every other change kept out. */
  async #change(step: (file: HomeFile) => Change | Promise<Change>): Promise<KeyInfo> {
    const lock = await lockFolder(this.home);
    try {
      const file = await this.#read();
      const { next, told, openedId } = await step(file);
      if (!told) throw removedMeanwhile();
      await writeHomeFile(this.#surroundings.disk, this.home, withFacts(next, this.#secrets));
      this.#openedId = openedId ?? this.#openedId;
      return this.#info(told);
    } finally {
      lock.release();
    }
  }

  /** What lies there now. Throws 'locked' when the key that opened this keyring was taken away meanwhile. */
  async #read(): Promise<HomeFile> {
    const file = withFacts(await readHomeFile(this.#surroundings.disk, this.home), this.#secrets);
    if (file.boxes.some(({ id }) => id === this.#openedId)) return file;
    throw removedMeanwhile();
  }

  #newBox({ passphrase, label = '' }: NewKey): NewBox {
    return { passphrase, facts: boxFactsOf(this.#surroundings, label), cost: this.#surroundings.boxCost };
  }

  #info({ id, label, user, host, createdMs }: HomeBox): KeyInfo {
    return { id, label, user, host, createdMs, current: id === this.#openedId };
  }
}

/** Throws 'no-vault', 'wrong-passphrase', 'corrupt', 'unsupported-version'. */
export async function openKeyring(
  { home, passphrase }: OpenKeyringOptions,
  surroundings: Surroundings = systemSurroundings,
): Promise<Keyring> {
  const file = await readHomeFile(surroundings.disk, home);
  const { secrets, boxId } = await unlock(file, home, passphrase);
  return new VaultKeyring(home, secrets, boxId, surroundings);
}

/** Who makes a key, where and when. */
export function boxFactsOf(from: Surroundings, label: string): BoxFacts {
  return { label, user: from.userName(), host: from.hostName(), createdMs: Math.floor(from.clock.now()) };
}

/** Version 1 of the file did not say when and where its key was made: with its device. */
function withFacts(file: HomeFile, { device }: HomeSecrets): HomeFile {
  const told = (box: HomeBox): HomeBox =>
    box.createdMs > 0
      ? box
      : { ...box, host: device.name, createdMs: decodeCertificate(device.certificate, verify).created };
  return { ...file, boxes: file.boxes.map(told) };
}

/** A passphrase that stands twice would still open the vault after one of the two was removed. */
async function requireNew(file: HomeFile, folder: string, passphrase: string): Promise<void> {
  if (file.boxes.length === 0 || !(await opens(file, folder, passphrase))) return;
  throw new VaultError('usage', 'this passphrase opens the vault already; nothing was changed', {
    hint: '"vault key list" shows the keys there are.',
  });
}

async function opens(file: HomeFile, folder: string, passphrase: string): Promise<boolean> {
  try {
    await unlock(file, folder, passphrase);
    return true;
  } catch (error) {
    if (isVaultError(error, 'wrong-passphrase', 'corrupt', 'unsupported-version')) return false;
    throw error;
  }
}

function removedMeanwhile(): VaultError {
  return new VaultError(
    'locked',
    'the key that was used here has been removed meanwhile; nothing was changed',
  );
}
