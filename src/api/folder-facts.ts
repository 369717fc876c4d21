/** What `vault doctor` looks for in a folder with secrets: who may read it, whether it can be written, how much room there is. */
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { FolderFacts } from '../policy/diagnose.ts';
import { nodeDisk } from '../runtime/node-disk.ts';

/** Any right of the group or of others. */
const OTHERS = 0o077;

/** Files that others may read, as far as they can come into the folder. */
async function openToOthers(folder: string, secrets: readonly string[]): Promise<readonly string[]> {
  if (process.platform === 'win32' || ((await stat(folder)).mode & OTHERS) === 0) return [];
  const names = (await readdir(folder)).filter((name) => secrets.includes(name));
  const modes = await Promise.all(names.map(async (name) => (await stat(path.join(folder, name))).mode));
  return names.filter((_, at) => ((modes[at] ?? 0) & OTHERS) !== 0);
}

/** Writes a small file, durably, and takes it away again. */
async function writeTrouble(folder: string): Promise<string | undefined> {
  const file = path.join(folder, `.doctor-${process.pid}`);
  const disk = nodeDisk();
  try {
    await disk.write(file, [new Uint8Array(1)], { mode: 0o600 });
    await disk.remove(file);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

export async function folderFacts(
  what: FolderFacts['what'],
  folder: string,
  secrets: readonly string[],
): Promise<FolderFacts> {
  const trouble = await writeTrouble(folder);
  return {
    what,
    folder,
    openToOthers: await openToOthers(folder, secrets),
    ...(trouble === undefined ? {} : { writeTrouble: trouble }),
    freeBytes: (await nodeDisk().space(folder)).freeBytes,
  };
}
