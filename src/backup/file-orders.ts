/** What a thread is told of the files that it shall write. */
import { VaultError } from '../model/errors.ts';
import type { FileTable } from './file-table.ts';
import { NodeFolder } from './node-folder.ts';
import type { FileOrders } from './unpackers.ts';

/** Throws 'corrupt' for names that are none. */
export function ordersOf(files: FileTable): FileOrders {
  const folders = files.folders.map((folder) => {
    if (folder instanceof NodeFolder) return folder;
    throw new VaultError('internal', 'bug: a folder of another target');
  });
  for (const [index, name] of files.names.entries()) folders[files.of(index, 'folder')]?.checked(name);
  return {
    folders: folders.map((folder) => folder.order),
    numbers: files.numbers(),
    names: files.names.join('/'),
    xattrs: files.xattrs,
  };
}
