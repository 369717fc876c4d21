/** Writes a file that was not there before, as its bytes come; one that does not get complete is removed. */
import { open, rm } from 'node:fs/promises';
import { VaultError } from '../../src/index.ts';

/** Resolves to the number of bytes. Throws 'exists', 'target-unwritable', and what `bytes` throws. */
export async function writeNewFile(path: string, bytes: AsyncIterable<Uint8Array>): Promise<number> {
  const file = await opened(path);
  let written = 0;
  try {
    for await (const chunk of bytes) {
      await file.writeFile(chunk);
      written += chunk.length;
    }
    await file.sync();
    return written;
  } catch (error) {
    await rm(path, { force: true });
    throw error instanceof VaultError ? error : cannotWrite(path, error);
  } finally {
    await file.close();
  }
}

async function opened(path: string) {
  try {
    return await open(path, 'wx', 0o600);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') {
      throw new VaultError('exists', `${path} is there already`, {
        hint: 'Choose another name; nothing was changed.',
        cause: error,
      });
    }
    throw cannotWrite(path, error);
  }
}

function cannotWrite(path: string, cause: unknown): VaultError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new VaultError('target-unwritable', `cannot write ${path}: ${why}`, { cause });
}
