/** Makes a folder with its missing ancestors, one by one: node's own recursive mkdir never returns below /proc. */
import { mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** Returns the topmost folder that was made; `undefined` when it was there. Throws the system's error. */
export function makeFolders(folder: string, mode = 0o777): string | undefined {
  const missing: string[] = [];
  for (let at = resolve(folder); !isFolder(at) && at !== dirname(at); at = dirname(at)) missing.push(at);
  for (const path of missing.toReversed()) {
    try {
      mkdirSync(path, { mode });
    } catch (error) {
      // Another process may have made it just now.
      if (!isFolder(path)) throw error;
    }
  }
  return missing.at(-1);
}
