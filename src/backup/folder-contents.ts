/** Listing and emptying folders of the target, each reached through the one above it. */
import * as fs from 'node:fs';
import { type BytePath, systemPath } from './byte-path.ts';
import { type FolderHandle, openFolder } from './folder-handle.ts';
import { TEMPORARY_PREFIX } from './temporary-names.ts';

/** All names but those that restores give for a while, in the order of their bytes. */
export function namesIn(folder: FolderHandle): BytePath[] {
  return fs
    .readdirSync(systemPath(`${folder.prefix}.`), 'latin1')
    .filter((name) => !name.startsWith(TEMPORARY_PREFIX))
    .sort();
}

export interface RemoveOptions {
  readonly breathe: () => Promise<void>;
  /** Only counts. */
  readonly dryRun?: boolean;
}

/** Removes an entry with all that is below it; how many entries that are. Throws like node:fs. */
export async function removeTree(
  above: FolderHandle,
  name: BytePath,
  options: RemoveOptions,
): Promise<number> {
  await options.breathe();
  const remove = options.dryRun !== true;
  const path = systemPath(above.prefix + name);
  const { dev, mode } = fs.lstatSync(path);
  if ((mode & fs.constants.S_IFMT) !== fs.constants.S_IFDIR) {
    if (remove) fs.unlinkSync(path);
    return 1;
  }
  if (dev !== fs.lstatSync(systemPath(`${above.prefix}.`)).dev) throw mounted();
  const folder = openFolder(above, name);
  let entries = 1;
  try {
    for (const entry of fs.readdirSync(systemPath(`${folder.prefix}.`), 'latin1')) {
      entries += await removeTree(folder, entry, options);
    }
  } finally {
    if (folder.fd >= 0) fs.closeSync(folder.fd);
  }
  if (remove) fs.rmdirSync(path);
  return entries;
}

function mounted(): Error {
  return Object.assign(new Error('EBUSY: another file system is mounted there'), { code: 'EBUSY' });
}
