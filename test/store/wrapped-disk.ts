/** A Disk around another one, with some verbs replaced: to fail, count or delay them in a test. */
import type { Disk } from '../../src/runtime/disk.ts';

export function wrappedDisk(inner: Disk, replaced: (inner: Disk) => Partial<Disk>): Disk {
  return {
    read: (path, maxBytes) => inner.read(path, maxBytes),
    write: (path, parts, options) => inner.write(path, parts, options),
    move: (from, to) => inner.move(from, to),
    touch: (path, options) => inner.touch(path, options),
    remove: (path) => inner.remove(path),
    stat: (path) => inner.stat(path),
    list: (path) => inner.list(path),
    sweep: (path) => inner.sweep(path),
    space: (path) => inner.space(path),
    ...replaced(inner),
  };
}
