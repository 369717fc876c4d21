/** A new file for secrets: nobody else can read it, and nothing that is there is overwritten. */
import { constants } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { VaultError } from '../../src/index.ts';

const { O_CREAT, O_EXCL, O_WRONLY } = constants;

/** Durable when it resolves; a write that fails leaves no part of it. Throws 'exists', 'io', 'no-space'. */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  const handle = await open(path, O_CREAT | O_EXCL | O_WRONLY, 0o600).catch((cause: unknown) => {
    throw trouble(path, cause);
  });
  try {
    await handle.writeFile(text);
    await handle.sync();
    await handle.close();
  } catch (cause) {
    await handle.close().catch(() => undefined);
    await rm(path, { force: true });
    throw trouble(path, cause);
  }
}

function trouble(path: string, cause: unknown): VaultError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (code === 'EEXIST') {
    return new VaultError('exists', `${path} is there already; it was not touched`, {
      hint: 'Name another place with --output.',
      cause,
    });
  }
  const why = cause instanceof Error ? cause.message : String(cause);
  const full = code === 'ENOSPC' || code === 'EDQUOT';
  return new VaultError(full ? 'no-space' : 'io', `cannot write ${path}: ${why}`, { cause });
}
