/** Makes names in folders durable; who asks while a folder is being synced shares the next sync with others who ask (L5). */
import { closeSync, constants, fsync, openSync } from 'node:fs';
import { promisify } from 'node:util';

const synced = promisify(fsync);

interface Syncing {
  /** What began before, which may not cover what was renamed since. */
  readonly running: Promise<void>;
  next: Promise<void> | undefined;
}

const folders = new Map<string, Syncing>();

/** Resolves when every name that is in the folder now survives a power cut. */
export function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return Promise.resolve(); // folders cannot be opened there; NTFS journals the rename itself
  const syncing = folders.get(folder);
  if (!syncing) return begin(folder);
  syncing.next ??= syncing.running.catch(() => undefined).then(() => begin(folder));
  return syncing.next;
}

function begin(folder: string): Promise<void> {
  const running = syncNow(folder);
  const syncing: Syncing = { running, next: undefined };
  folders.set(folder, syncing);
  const ended = (): void => {
    if (folders.get(folder) === syncing && !syncing.next) folders.delete(folder);
  };
  running.then(ended, ended);
  return running;
}

/** Something in the folder has just changed, so the system knows where it is: opening costs a twentieth of asking a thread to. */
async function syncNow(folder: string): Promise<void> {
  const descriptor = openSync(folder, constants.O_RDONLY);
  try {
    await synced(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
