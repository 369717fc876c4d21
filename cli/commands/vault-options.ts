/** Options and steps that several vault commands share. */
import {
  openVault,
  requireVault,
  type TransferLimits,
  VaultError,
  type VaultHandle,
  vaultHomeFolder,
} from '../../src/index.ts';
import type { Arguments, OptionSpec } from '../terminal/command.ts';
import { passphraseOf } from '../terminal/passphrase.ts';
import type { Session } from '../terminal/session.ts';

export const TICKET_OPTION: OptionSpec = {
  name: 'ticket',
  value: 'T',
  about: 'invitation to the mesh: the string, @FILE, or - for standard input',
};

export function requiredValue(args: Arguments, name: string, example: string): string {
  const value = args.value(name);
  if (value !== undefined) return value;
  throw new VaultError('usage', `--${name} is missing`, {
    hint:
      name === 'ticket'
        ? `For example: ${example} - "vault-peer ticket" prints it on a machine of the mesh; "vault-peer init" begins a mesh.`
        : `For example: ${example}`,
  });
}

export function noPositionals(args: Arguments, command: string): void {
  const first = args.positionals[0];
  if (first === undefined) return;
  throw new VaultError('usage', `"vault ${command}" takes no "${first}"`, {
    hint: `See "vault help ${command}".`,
  });
}

/** "a,b" and "c" as a, b, c: options that are repeated or take a list, or both. */
export function listed(values: readonly string[]): readonly string[] {
  return values.flatMap((value) =>
    value
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  );
}

export function homeOf(session: Session): string {
  return vaultHomeFolder({ env: session.terminal.env });
}

/** What the library says while it works goes to this session, and the limits that were asked for to it. */
export function listeners(session: Session): {
  onWarning: (message: string) => void;
  onDetail: (message: string) => void;
  signal: AbortSignal;
  limits?: TransferLimits;
} {
  const { limits } = session.mode;
  const heard = { onWarning: session.warn, onDetail: session.detail, signal: session.signal };
  return limits === undefined ? heard : { ...heard, limits };
}

/** Opens the vault for `work` and closes it afterwards, whatever happened. */
export async function withVault<T>(session: Session, work: (vault: VaultHandle) => Promise<T>): Promise<T> {
  const home = homeOf(session);
  await requireVault(home);
  const passphrase = await passphraseOf(session, false);
  const vault = await openVault({ home, passphrase, ...listeners(session) });
  try {
    return await work(vault);
  } finally {
    await vault.close();
  }
}
