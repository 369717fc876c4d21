/** Turns a refusal of the operating system while restoring into the error that says what it means. */
import { type ErrorCode, VaultError } from '../model/errors.ts';
import { pathText } from './path-text.ts';

const CODES: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: 'no-space',
  EDQUOT: 'no-space',
  EACCES: 'target-unwritable',
  EPERM: 'target-unwritable',
  EROFS: 'target-unwritable',
  EEXIST: 'target-exists',
  EISDIR: 'target-exists',
  ENOTEMPTY: 'target-exists',
};

export function targetError(error: unknown, path: Uint8Array): VaultError {
  if (error instanceof VaultError) return error;
  const system = errnoOf(error);
  const code = CODES[system ?? ''] ?? 'io';
  const where = pathText(path);
  const why = error instanceof Error ? error.message : String(error);
  if (code === 'no-space') {
    return new VaultError(code, `the disk of the target is full (at ${where}); the backup is not affected`, {
      hint: 'Free some space or choose another --target, then restore again.',
      cause: error,
    });
  }
  return new VaultError(code, `${where} was not restored: ${why}`, { cause: error });
}

/** The system's name of an error of node:fs, as "ENOENT". */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
