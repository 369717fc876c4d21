/** The keys of a vault on one machine: who opens it, and how its secret gets on paper. */
import type { SplitOptions, SplitSecret } from './share-types.ts';

export interface KeyInfo {
  /** 64 hex digits; people see the first 8. */
  readonly id: string;
  /** The owner's word for it; may be empty. */
  readonly label: string;
  readonly user: string;
  readonly host: string;
  readonly createdMs: number;
  /** The one whose passphrase opened the keyring. */
  readonly current: boolean;
}

export interface OpenKeyringOptions {
  readonly home: string;
  readonly passphrase: string;
}

export interface NewKey {
  readonly passphrase: string;
  readonly label?: string;
}

/** What stands on a recovery sheet: with it an empty machine gets everything back. Secret. */
export interface RecoverySheet {
  readonly vaultId: string;
  /** What people call the machine that makes the sheet. */
  readonly device: string;
  /** The 24 words. */
  readonly words: string;
  /** With addresses of the holders, as far as they are known here. */
  readonly ticket: string;
  /** Version of this program. */
  readonly program: string;
}

/** Changes are durable when a method resolves; killed before, the keys are what they were. All throw 'locked', 'io', 'corrupt'. */
export interface Keyring {
  /** Text form of the vault's public key. */
  readonly vaultId: string;
  readonly home: string;
  /** In the order they were made. */
  list(): Promise<readonly KeyInfo[]>;
  /** Throws 'usage' when the passphrase opens the vault already, or there are too many keys. */
  add(key: NewKey): Promise<KeyInfo>;
  /** Another passphrase in the place of the one that opened the keyring; its label stays unless another is given. Throws 'usage'. */
  changePassphrase(key: NewKey): Promise<KeyInfo>;
  /** By id, its beginning, or label. Throws 'not-found', 'ambiguous', 'usage' (it is the one in use, hence also for the last). */
  remove(name: string): Promise<KeyInfo>;
  /** The words and the way to the peers, for paper. Throws 'io', 'bad-ticket'. */
  recoverySheet(): Promise<RecoverySheet>;
  /** The secret in shares, any `threshold` of which give it back; each call makes others. Throws 'usage', 'io', 'bad-ticket'. */
  split(options: SplitOptions): Promise<SplitSecret>;
}
