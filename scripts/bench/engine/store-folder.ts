/** Where the engine keeps what a peer would keep: chunks, logs, trash. The books of it, and the vault's home, lie beside. */
import path from 'node:path';

export function storeFolder(folder: string): string {
  return path.join(folder, 'store');
}
