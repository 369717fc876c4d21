/** Reads a file to where it ended when it was opened: one that is written faster than it is read would keep a backup busy for ever. */
import type { SlowFile } from './file-source.ts';

/** `size` as the file's stat data told it; 0 is no promise, because files of the kernel (`/proc`) say 0 and have content. */
export function endingAt(file: SlowFile, size: number): SlowFile {
  if (size === 0) return file;
  return {
    stat: () => file.stat(),
    read: (into, position) => (position < size ? file.read(into.subarray(0, size - position), position) : 0),
    close: () => file.close(),
  };
}
