/** Entries of a snapshot as a tar, streamed: pax with raw names, nanoseconds, owners, links, hard links and extended attributes. */
import { Header, type HeaderData } from 'tar';
import type { FileNode, TreeNode } from '../format/tree-page.ts';
import { concatBytes, utf8 } from '../model/bytes.ts';
import { VaultError } from '../model/errors.ts';
import { tarRecords } from './tar-records.ts';

export interface TarEntry {
  /** Raw bytes, relative, no "/" at either end. */
  readonly path: Uint8Array;
  readonly node: TreeNode;
}

export interface TarOptions {
  /** All bytes of a file, as many as its node says. */
  readonly content: (node: FileNode) => AsyncIterable<Uint8Array>;
}

const BLOCK = 512;
const END = new Uint8Array(2 * BLOCK);
/** The old header has 12 octal digits for a size. */
const MAX_OLD_SIZE = 0o77777777777;
const MAX_OLD_ID = 0o7777777;
const MAX_OLD_PATH = 99;

/**
 * A folder comes before what is in it, as `entries` have it. Files with several names are written once, the other names as hard links.
 * Throws what `entries` and `content` throw: then the tar is not complete, and has no end mark.
 */
export async function* tarOf(
  entries: AsyncIterable<TarEntry>,
  { content }: TarOptions,
): AsyncGenerator<Uint8Array> {
  const firstNames = new Map<string, Uint8Array>();
  for await (const { path, node } of entries) {
    const first = node.type === 'file' ? firstName(firstNames, node, path) : undefined;
    yield headOf(path, node, first);
    if (node.type !== 'file' || first) continue;
    let written = 0;
    for await (const bytes of content(node)) {
      written += bytes.length;
      yield bytes;
    }
    if (written !== node.size) throw new VaultError('corrupt', 'the content of a file is not of its size');
    yield new Uint8Array(padding(written));
  }
  yield END;
}

/** `undefined` for the first name of a file, or its only one. Grows with the number of files that have several. */
function firstName(known: Map<string, Uint8Array>, node: FileNode, path: Uint8Array): Uint8Array | undefined {
  if (node.hardLink === undefined) return undefined;
  const { seconds, nanoseconds } = node.mtime;
  const key = `${node.hardLink}/${node.size}/${seconds}.${nanoseconds}`;
  const first = known.get(key);
  if (!first) known.set(key, path);
  return first;
}

function headOf(path: Uint8Array, node: TreeNode, first: Uint8Array | undefined): Uint8Array {
  const size = node.type === 'file' && !first ? node.size : 0;
  const link = node.type === 'symlink' ? node.target : first;
  const fullPath = node.type === 'directory' ? concatBytes(path, utf8('/')) : path;
  const records = tarRecords(node, { path: fullPath, link, size });
  const extended = block({ type: 'ExtendedHeader', path: 'pax', mode: 0o644, size: records.length });
  const head = block({
    ...oldFacts(node),
    type: typeOf(node, first),
    path: oldText(fullPath, node.type === 'directory' ? 'folder/' : 'entry'),
    size: Math.min(size, MAX_OLD_SIZE),
    ...(link ? { linkpath: oldText(link, 'link') } : {}),
  });
  return concatBytes(extended, records, new Uint8Array(padding(records.length)), head);
}

function typeOf(
  { type }: TreeNode,
  first: Uint8Array | undefined,
): 'Link' | 'File' | 'Directory' | 'SymbolicLink' {
  if (first) return 'Link';
  return type === 'file' ? 'File' : type === 'directory' ? 'Directory' : 'SymbolicLink';
}

/** For readers that know no pax. */
function oldFacts({ mode, uid, gid, mtime }: TreeNode): HeaderData {
  return {
    mode,
    uid: Math.min(uid, MAX_OLD_ID),
    gid: Math.min(gid, MAX_OLD_ID),
    mtime: new Date(Math.min(Math.max(mtime.seconds, 0), MAX_OLD_SIZE) * 1000),
  };
}

function oldText(raw: Uint8Array, otherwise: string): string {
  const plain = raw.length <= MAX_OLD_PATH && raw.every((byte) => byte > 0x20 && byte < 0x7f);
  return plain ? Buffer.from(raw).toString('latin1') : otherwise;
}

function block(facts: HeaderData): Uint8Array {
  const bytes = Buffer.alloc(BLOCK);
  new Header(facts).encode(bytes, 0);
  return bytes;
}

function padding(length: number): number {
  return (BLOCK - (length % BLOCK)) % BLOCK;
}
