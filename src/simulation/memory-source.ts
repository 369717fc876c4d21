/** A tree in memory as the source of a backup. */
import { joinPath } from '../backup/byte-path.ts';
import type { FileSource, QuickStat, SourceFile, SourceStat } from '../backup/file-source.ts';
import { VaultError } from '../model/errors.ts';
import type { MemoryNode, MemoryTree } from './memory-tree.ts';

function statOf(node: MemoryNode): SourceStat {
  return {
    type: node.type,
    size: node.type === 'file' ? node.bytes.length : 0,
    mode: node.mode,
    uid: 1000,
    gid: 1000,
    user: 'someone',
    group: 'people',
    mtime: node.mtime,
    ctime: node.mtime,
    birth: undefined,
    inode: node.inode,
    device: 1n,
    links: 1,
    sparse: false,
  };
}

function lookAt(node: MemoryNode): QuickStat {
  const { type, size, mtime, inode, links } = statOf(node);
  const mtimeMs = mtime.seconds * 1000 + mtime.nanoseconds / 1e6;
  return { type, size, mtimeMs, ctimeMs: mtimeMs, inode: Number(inode), device: 1, links };
}

function openFile(node: MemoryNode): SourceFile {
  const bytes = node.type === 'file' ? node.bytes : new Uint8Array(0);
  return {
    stat: () => statOf(node),
    read: (into, position) => {
      const part = bytes.subarray(position, position + into.length);
      into.set(part);
      return part.length;
    },
    close: () => undefined,
  };
}

/** Names in each folder, sorted by their bytes: made once, for trees that do not change during a backup. */
function listing(tree: MemoryTree): ReadonlyMap<string, string[]> {
  const names = new Map<string, string[]>();
  for (const path of [...tree.keys()].sort()) {
    if (path === '/') continue;
    const cut = path.lastIndexOf('/');
    const folder = path.slice(0, cut) || '/';
    const siblings = names.get(folder) ?? [];
    siblings.push(path.slice(cut + 1));
    names.set(folder, siblings);
  }
  return names;
}

export function memorySource(tree: MemoryTree): FileSource {
  const names = listing(tree);
  const nodeAt = (path: string): MemoryNode => {
    const node = tree.get(path);
    if (!node) throw new VaultError('not-found', `${path} is not there`);
    return node;
  };
  return {
    resolve: (path) => joinPath('/', path.replace(/^\/+/, '')),
    list: (path) => [...(names.get(path) ?? [])].sort(),
    stat: (path) => statOf(nodeAt(path)),
    look: (path) => lookAt(nodeAt(path)),
    readLink: (path) => {
      const node = nodeAt(path);
      return node.type === 'symlink' ? node.target : new Uint8Array(0);
    },
    xattrs: () => [],
    open: (path) => openFile(nodeAt(path)),
  };
}
