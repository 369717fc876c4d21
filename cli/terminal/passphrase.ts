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

async function fromFile(file: string): Promise<string> {
  try {
    const text = await readFile(file, 'utf8');
    if (text.length <= MAX_BYTES) return withoutLineEnd(text);
  } catch (cause) {
    throw cannotRead(`VAULT_PASSWORD_FILE ${file}`, cause);
  }
  throw new VaultError('usage', `VAULT_PASSWORD_FILE ${file} is too long to be a passphrase`);
}

async function fromCommand(command: string, signal: AbortSignal): Promise<string> {
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
  throw new VaultError('usage', `VAULT_PASSWORD_COMMAND failed (exit code ${code ?? 'unknown'})`);
}

async function fromPrompt(session: Session, isNew: boolean): Promise<string> {
  if (!canAsk(session)) {
    throw new VaultError('usage', 'no passphrase: there is no terminal to ask on', {
      hint: 'Set VAULT_PASSWORD_FILE, VAULT_PASSWORD_COMMAND or VAULT_PASSWORD.',
    });
  }
  const first = await ask(session, isNew ? 'New passphrase: ' : 'Passphrase: ', { echo: false });
  if (!isNew) return first;
  const second = await ask(session, 'Once more: ', { echo: false });
  if (first === second) return first;
  throw new VaultError('usage', 'the two passphrases differ; nothing was done');
}

async function read(session: Session, isNew: boolean): Promise<string> {
  const { env } = session.terminal;
  if (env.VAULT_PASSWORD !== undefined) return env.VAULT_PASSWORD;
  if (env.VAULT_PASSWORD_FILE !== undefined) return fromFile(env.VAULT_PASSWORD_FILE);
  if (env.VAULT_PASSWORD_COMMAND !== undefined) {
    return fromCommand(env.VAULT_PASSWORD_COMMAND, session.signal);
  }
  return fromPrompt(session, isNew);
}

/** `isNew`: asked twice on a terminal. Throws 'usage' when there is none or it is empty. */
export async function passphraseOf(session: Session, isNew: boolean): Promise<string> {
  const passphrase = await read(session, isNew);
  if (passphrase !== '') return passphrase;
  throw new VaultError('usage', 'the passphrase is empty', { hint: 'An empty passphrase protects nothing.' });
}
