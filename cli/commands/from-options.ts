/** `--from DIR...`: reading an export, with the vault of this machine or, where there is none, with a passphrase or the 24 words. */
import {
  type FromPlaces,
  isVaultError,
  openExport,
  requireVault,
  VaultError,
  type VaultReader,
} from '../../src/index.ts';
import type { Arguments, OptionSpec } from '../terminal/command.ts';
import { passphraseOf } from '../terminal/passphrase.ts';
import type { Session } from '../terminal/session.ts';
import { homeOf, withVault } from './vault-options.ts';
import { readWords } from './words-input.ts';

export interface FromPlan {
  /** Absent: the mesh. */
  readonly from?: readonly string[];
  /** On a machine without a vault: the words instead of the passphrase; a file or "-", absent: asked. */
  readonly words?: { readonly wordsFile?: string };
}

export const FROM_OPTION: OptionSpec = {
  name: 'from',
  value: 'DIR',
  multiple: true,
  about: 'folder of an export, or s3:https://host/bucket/prefix; may be repeated',
};

export const FROM_OPTIONS: readonly OptionSpec[] = [
  {
    ...FROM_OPTION,
    about: 'read this folder of an export (or s3:https://host/bucket/prefix) first; may be repeated',
  },
  {
    name: 'words',
    about: 'with --from, on a machine without a vault: ask for the 24 words, not for the passphrase',
  },
  { name: 'words-file', value: 'F', about: 'with --from: file with the 24 words, - for standard input' },
];

export function parseFrom(args: Arguments): FromPlan {
  const from = args.values('from');
  const wordsFile = args.value('words-file');
  const asked = args.has('words') || wordsFile !== undefined;
  if (asked && from.length === 0)
    throw new VaultError('usage', 'words are for reading an export: add --from DIR');
  return {
    ...(from.length === 0 ? {} : { from }),
    ...(asked ? { words: wordsFile === undefined ? {} : { wordsFile } } : {}),
  };
}

export function placesOf(session: Session, places: readonly string[]): FromPlaces {
  return { places, env: session.terminal.env };
}

/** `from` for the library; nothing when the mesh is meant. */
export function fromOf(session: Session, { from }: FromPlan): { readonly from?: FromPlaces } {
  return from === undefined ? {} : { from: placesOf(session, from) };
}

/** The vault of this machine; with --from and without a vault here, or with words, the export alone. */
export async function withReader<T>(
  session: Session,
  plan: FromPlan,
  work: (vault: VaultReader) => Promise<T>,
): Promise<T> {
  if (plan.from === undefined || (plan.words === undefined && (await hasVault(session)))) {
    return withVault(session, work);
  }
  const secret =
    plan.words === undefined
      ? { passphrase: await passphraseOf(session, false) }
      : { words: await readWords(plan.words, session) };
  const vault = await openExport({
    from: placesOf(session, plan.from),
    secret,
    onWarning: session.warn,
    signal: session.signal,
  });
  try {
    return await work(vault);
  } finally {
    await vault.close();
  }
}

async function hasVault(session: Session): Promise<boolean> {
  try {
    await requireVault(homeOf(session));
    return true;
  } catch (error) {
    if (isVaultError(error, 'no-vault')) return false;
    throw error;
  }
}
