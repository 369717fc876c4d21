/** Turns a refusal of the operating system while restoring into the error that says what it means. */
import { type ErrorCode, isVaultError, VaultError } from '../model/errors.ts';
import { type BytePath, bytesOfPath } from './byte-path.ts';
import { pathText } from './path-text.ts';

/** What went wrong with a file, in plain data: it may have happened in another thread, which does not know the file's path. */
export interface Fault {
  readonly code: ErrorCode;
  readonly why: string;
}

const CODES: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: 'no-space',
  EDQUOT: 'no-space',
  EACCES: 'target-unwritable',
  EPERM: 'target-unwritable',
  EROFS: 'target-unwritable',
  EEXIST: 'target-exists',
  EISDIR: 'target-exists',
  ENOTEMPTY: 'target-exists',
  ENOTDIR: 'target-exists',
  ELOOP: 'target-exists',
};

export function faultOf(error: unknown): Fault {
  if (isVaultError(error)) return { code: error.code, why: error.message };
  const system = errnoOf(error);
  const code = system === undefined ? 'internal' : (CODES[system] ?? 'io');
  return { code, why: reasonOf(error) };
}

export function errorOf({ code, why }: Fault, path: BytePath, cause?: unknown): VaultError {
  const where = path === '' ? 'the target' : pathText(bytesOfPath(path));
  if (code === 'no-space') {
    return new VaultError(code, `the disk of the target is full (at ${where}); the backup is not affected`, {
      hint: 'Free some space or choose another --target, then restore again.',
      cause,
    });
  }
  return new VaultError(code, `${where} was not restored: ${why}`, { cause });
}

export function targetError(error: unknown, path: BytePath): VaultError {
  return error instanceof VaultError ? error : errorOf(faultOf(error), path, error);
}

/** The system's name of an error of node:fs, as "ENOENT". */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** What the system said, without the path that it was asked about: that may be a name of our own making. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return /^[A-Z0-9]+: [^,']+(?=, | ')/.exec(message)?.[0] ?? message;
}
