/** The passphrase, from the environment, a file, a command or a prompt; never from an argument (C1). */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { VaultError } from '../../src/index.ts';
import { cannotRead } from './file-trouble.ts';
import { ask, canAsk } from './prompt.ts';
import type { Session } from './session.ts';

/** Longer than any passphrase; a file beyond it is the wrong file. */
const MAX_BYTES = 64 * 1024;

function withoutLineEnd(text: string): string {
  return text.replace(/\r?\n$/, '');
}

/** Where a passphrase may come from: `variable`, `variable`_FILE, `variable`_COMMAND, else a question. */
export interface PassphraseSource {
  readonly variable: string;
  readonly question: string;
  /** A new one is asked twice. */
  readonly isNew: boolean;
  /** A file named by an option, before everything else. */
  readonly file?: { readonly option: string; readonly path: string } | undefined;
  /** A shell command named by an option, likewise. */
  readonly command?: { readonly option: string; readonly line: string } | undefined;
}

async function fromFile(name: string, file: string): Promise<string> {
  try {
    const text = await readFile(file, 'utf8');
    if (text.length <= MAX_BYTES) return withoutLineEnd(text);
  } catch (cause) {
    throw cannotRead(`${name} ${file}`, cause);
  }
  throw new VaultError('usage', `${name} ${file} is too long to be a passphrase`);
}

async function fromCommand(name: string, command: string, signal: AbortSignal): Promise<string> {
  const child = spawn(command, { shell: true, stdio: ['inherit', 'pipe', 'inherit'], signal });
  const parts: Buffer[] = [];
  let size = 0;
  child.stdout.on('data', (part: Buffer) => {
    size += part.length;
    if (size > MAX_BYTES) child.kill();
    else parts.push(part);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (code === 0) return withoutLineEnd(Buffer.concat(parts).toString('utf8'));
  throw new VaultError('usage', `${name} failed (exit code ${code ?? 'unknown'})`);
}

async function fromPrompt(
  session: Session,
  { variable, question, isNew }: PassphraseSource,
): Promise<string> {
  if (!canAsk(session)) {
    throw new VaultError('usage', 'no passphrase: there is no terminal to ask on', {
      hint: `Set ${variable}_FILE, ${variable}_COMMAND or ${variable}.`,
    });
  }
  const first = await ask(session, `${question}: `, { echo: false });
  if (!isNew) return first;
  const second = await ask(session, 'Once more: ', { echo: false });
  if (first === second) return first;
  throw new VaultError('usage', 'the two passphrases differ; nothing was done');
}

async function read(session: Session, source: PassphraseSource): Promise<string> {
  const { variable, file, command: told } = source;
  if (file !== undefined) return fromFile(file.option, file.path);
  if (told !== undefined) return fromCommand(told.option, told.line, session.signal);
  const {
    [variable]: text,
    [`${variable}_FILE`]: path,
    [`${variable}_COMMAND`]: command,
  } = session.terminal.env;
  if (text !== undefined) return text;
  if (path !== undefined) return fromFile(`${variable}_FILE`, path);
  if (command !== undefined) return fromCommand(`${variable}_COMMAND`, command, session.signal);
  return fromPrompt(session, source);
}

/** Throws 'usage' when there is none or it is empty. */
export async function passphraseFrom(session: Session, source: PassphraseSource): Promise<string> {
  const passphrase = await read(session, source);
  if (passphrase !== '') return passphrase;
  throw new VaultError('usage', 'the passphrase is empty', { hint: 'An empty passphrase protects nothing.' });
}

/** The vault's own. `isNew`: asked twice on a terminal. Throws 'usage' when there is none or it is empty. */
export async function passphraseOf(session: Session, isNew: boolean): Promise<string> {
  return passphraseFrom(session, {
    variable: 'VAULT_PASSWORD',
    question: isNew ? 'New passphrase' : 'Passphrase',
    isNew,
  });
}
