/** Where a vault on this machine keeps what folders looked like in its last backup: a cache, for anybody's eyes without meaning. */
import { join } from 'node:path';
import type { MarksFile } from '../backup/marks-book.ts';
import { GiB } from '../model/units.ts';
import type { Disk } from '../runtime/disk.ts';

const MAX_BYTES: number = GiB;
const PRIVATE = { mode: 0o600 };

/** `home`: the folder of the vault. */
export function marksFile(disk: Disk, home: string): MarksFile {
  const path = join(home, 'folders.marks');
  return {
    read: () => disk.read(path, MAX_BYTES),
    write: (bytes) => disk.write(path, [bytes], PRIVATE),
  };
}
