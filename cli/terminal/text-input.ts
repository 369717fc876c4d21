/** A value that may stand in the argument, in a file (`@FILE`) or on standard input (`-`). */
import { readFile } from 'node:fs/promises';
import { VaultError } from '../../src/index.ts';
import { cannotRead } from './file-trouble.ts';
import type { Session } from './session.ts';

/** Tickets and word lists are far smaller; a page of ours with its QR codes is not. */
const MAX_CHARACTERS = 1024 * 1024;

function bounded(text: string, what: string): string {
  if (text.length > MAX_CHARACTERS) throw new VaultError('usage', `${what} is far too long`);
  return text;
}

export async function readStandardInput(session: Session, what: string): Promise<string> {
  let text = '';
  for await (const part of session.terminal.stdin) text = bounded(text + String(part), what);
  return text;
}

export async function readTextFile(file: string, what: string): Promise<string> {
  try {
    return bounded(await readFile(file, 'utf8'), what);
  } catch (cause) {
    if (cause instanceof VaultError) throw cause;
    throw cannotRead(`${what} from ${file}`, cause);
  }
}

/** "-" is standard input, "@FILE" a file, everything else the value itself. */
export async function readText(session: Session, argument: string, what: string): Promise<string> {
  if (argument === '-') return readStandardInput(session, what);
  if (argument.startsWith('@')) return readTextFile(argument.slice(1), what);
  return bounded(argument, what);
}
