/** One process for one folder: a lock that the system itself takes back when the process dies, however it dies. */
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { VaultError } from '../model/errors.ts';
import { makeFolders } from '../runtime/make-folders.ts';
import { systemClock } from '../runtime/system-clock.ts';

const FILE = 'lock.db';
/** SQLITE_BUSY: another process has the lock. */
const BUSY = 5;
const PATIENCE_MS = 1500;
const POLL_MS = 100;

export interface FolderLock {
  release(): void;
}

/** `undefined` when another process has it. Throws 'io'. */
export function tryLockFolder(folder: string): FolderLock | undefined {
  let database: DatabaseSync | undefined;
  try {
    makeFolders(folder, 0o700);
    database = new DatabaseSync(path.join(folder, FILE), { timeout: 0 });
    database.exec('PRAGMA journal_mode=MEMORY; BEGIN EXCLUSIVE');
    const held = database;
    return { release: () => held.close() };
  } catch (cause) {
    database?.close();
    if (cause instanceof Error && 'errcode' in cause && cause.errcode === BUSY) return undefined;
    throw new VaultError('io', `cannot lock the folder ${folder}`, { cause });
  }
}

/** Waits for what another process has, by default a little: it may only be looking. `undefined` when it has it all the time. */
export async function lockWithin(
  lock: () => FolderLock | undefined,
  { patienceMs = PATIENCE_MS, signal }: { readonly patienceMs?: number; readonly signal?: AbortSignal } = {},
): Promise<FolderLock | undefined> {
  for (let waitedMs = 0; ; waitedMs += POLL_MS) {
    const held = lock();
    if (held || waitedMs >= patienceMs) return held;
    await systemClock.sleep(POLL_MS, signal);
  }
}

/** Waits a little. Throws 'locked'. */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const lock = await lockWithin(() => tryLockFolder(folder));
  if (lock) return lock;
  throw new VaultError('locked', `another process uses ${folder}`, {
    hint: 'Two programs on one folder would damage it. Stop the other one first.',
  });
}
