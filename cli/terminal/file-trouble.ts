/** Why a file that somebody named cannot be read, in words. */
import { VaultError } from '../../src/index.ts';

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'it is a folder',
};

/** `what` is how the message calls the file, e.g. "the ticket from ticket.txt". */
export function cannotRead(what: string, cause: unknown): VaultError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const why = REASONS[code] ?? (cause instanceof Error ? cause.message : String(cause));
  return new VaultError('usage', `cannot read ${what}: ${why}`, { cause });
}
