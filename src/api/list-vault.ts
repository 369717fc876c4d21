/** The entries of a snapshot as `vault ls` shows them, read page by page while they are listed. */
import { type ListEntry, listTree } from '../backup/list.ts';
import { OpenedChunks } from '../backup/opened-chunks.ts';
import { pathText } from '../backup/path-text.ts';
import { isDevice, type TreeNode } from '../format/tree-page.ts';
import { utf8 } from '../model/bytes.ts';
import type { SnapshotRecord } from '../vault/log-books.ts';
import type { ReadingWork } from './reading-work.ts';
import { infoOf } from './snapshot-info.ts';
import type { ListedNode, Listing, ListOptions, PathProblem } from './vault-types.ts';

export function nodeOf({ path, node }: { readonly path: Uint8Array; readonly node: TreeNode }): ListedNode {
  return {
    type: node.type,
    path: `/${pathText(path)}`,
    name: pathText(node.name),
    mode: node.mode,
    uid: node.uid,
    gid: node.gid,
    ...(node.user === undefined ? {} : { user: node.user }),
    ...(node.group === undefined ? {} : { group: node.group }),
    size: node.type === 'file' ? node.size : 0,
    mtimeSeconds: node.mtime.seconds,
    mtimeNanoseconds: node.mtime.nanoseconds,
    ...(node.birth ? { birthSeconds: node.birth.seconds, birthNanoseconds: node.birth.nanoseconds } : {}),
    ...(isDevice(node) ? { device: node.number } : {}),
    ...(node.type === 'symlink' ? { target: pathText(node.target) } : {}),
  };
}

async function* nodes(
  entries: AsyncIterable<ListEntry>,
  problems: PathProblem[],
): AsyncGenerator<ListedNode> {
  for await (const entry of entries) {
    if (!('error' in entry)) yield nodeOf(entry);
    else {
      const { code, message } = entry.error;
      problems.push({ path: `/${pathText(entry.path)}`, code, message });
    }
  }
}

export function listSnapshot(work: ReadingWork, record: SnapshotRecord, options: ListOptions): Listing {
  const chunks = new OpenedChunks(work.session.readingStore(), work.home.keys);
  const entries = listTree({
    root: record.snapshot.root,
    ...(options.path === undefined ? {} : { path: utf8(options.path) }),
    recursive: options.recursive ?? true,
    chunks,
    ...work.wait,
  });
  const problems: PathProblem[] = [];
  return { snapshot: infoOf(record), nodes: nodes(entries, problems), problems };
}
