/** What the `vault key` commands share: the keyring opened by a passphrase, and where a new passphrase comes from. */
import { type Keyring, openKeyring, requireVault } from '../../src/index.ts';
import type { Arguments, OptionSpec } from '../terminal/command.ts';
import { passphraseFrom, passphraseOf } from '../terminal/passphrase.ts';
import type { Session } from '../terminal/session.ts';
import { homeOf } from './vault-options.ts';

export interface NewKeyPlan {
  readonly label?: string;
  readonly newPasswordFile?: string;
}

export const NEW_KEY_OPTIONS: readonly OptionSpec[] = [
  { name: 'label', value: 'TEXT', about: 'what the list calls it, e.g. "backup script"' },
  {
    name: 'new-password-file',
    value: 'FILE',
    about: 'where the new passphrase is read from (default: ask twice)',
  },
];

export const NEW_KEY_SOURCES = `The new passphrase is asked twice, or comes from --new-password-file, VAULT_NEW_PASSWORD, VAULT_NEW_PASSWORD_FILE or
VAULT_NEW_PASSWORD_COMMAND; never from an argument.`;

export function parseNewKey(args: Arguments): NewKeyPlan {
  const label = args.value('label');
  const newPasswordFile = args.value('new-password-file');
  return {
    ...(label === undefined ? {} : { label }),
    ...(newPasswordFile === undefined ? {} : { newPasswordFile }),
  };
}

/** Throws 'usage' when there is none, it is empty, or two answers differ. */
export async function newPassphraseOf(session: Session, { newPasswordFile }: NewKeyPlan): Promise<string> {
  return passphraseFrom(session, {
    variable: 'VAULT_NEW_PASSWORD',
    question: 'New passphrase',
    isNew: true,
    ...(newPasswordFile === undefined
      ? {}
      : { file: { option: '--new-password-file', path: newPasswordFile } }),
  });
}

/** Asks for the passphrase and opens the keys with it; the mesh is not needed. */
export async function keyringOf(session: Session): Promise<Keyring> {
  const home = homeOf(session);
  await requireVault(home);
  return openKeyring({ home, passphrase: await passphraseOf(session, false) });
}
