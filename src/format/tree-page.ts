/** A directory's entries as bytes: pages of nodes in order of their raw names, each name safe to create on disk (C6). */
import { compareBytes } from '../model/bytes.ts';
import { assert } from '../model/errors.ts';
import { DIGEST_BYTES, type Digest } from '../model/ids.ts';
import { KiB } from '../model/units.ts';
import { type BlobRef, isInsideChunk, unpackRefs } from './blob-ref.ts';
import { type CborBounds, damaged, decodeCbor } from './cbor.ts';
import { Fields } from './fields.ts';
import { NodeWriter } from './node-writer.ts';
import {
  areXattrs,
  checkDraft,
  contentFits,
  type DeviceNumber,
  type ExtendedAttribute,
  type FileNode,
  isLinkTarget,
  isTimestamp,
  isUpTo,
  MAX_DIRECT_REFS,
  MAX_DIRECTORY_PAGES,
  MAX_HARD_LINK_TEXT,
  MAX_LINK_BYTES,
  MAX_MODE,
  MAX_NAME_BYTES,
  MAX_OWNER_TEXT,
  MAX_U32,
  type NodeMetadata,
  nameFault,
  type Timestamp,
  type TreeNode,
  type TreeNodeDraft,
} from './tree-node.ts';

export type {
  DeviceNode,
  DeviceNumber,
  DirectoryDraft,
  DirectoryNode,
  ExtendedAttribute,
  FifoNode,
  FileNode,
  LinkNode,
  NodeMetadata,
  SpecialNode,
  Timestamp,
  TreeNode,
  TreeNodeDraft,
} from './tree-node.ts';
export {
  areXattrs,
  isDevice,
  isSpecial,
  MAX_DIRECT_REFS,
  MAX_LINK_BYTES,
  MAX_NAME_BYTES,
  nameFault,
} from './tree-node.ts';

const TREE_PAGE_VERSION = 1;
export const MAX_PAGE_BYTES: number = 512 * KiB;

const PAGE: CborBounds = { what: 'tree page', maxBytes: MAX_PAGE_BYTES };
const NODE: CborBounds = { what: 'tree node', maxBytes: MAX_PAGE_BYTES };
/** An array of the version and the nodes, whose head follows. */
const PAGE_HEAD: readonly number[] = [0x82, TREE_PAGE_VERSION];
const TYPES = ['file', 'directory', 'symlink', 'fifo', 'char-device', 'block-device'] as const;

/** Nodes must be in order of their names, no name twice. */
export function encodeTreePage(nodes: readonly TreeNodeDraft[]): Uint8Array {
  nodes.forEach((node, i) => {
    const before = nodes[i - 1];
    assert(!before || compareBytes(before.name, node.name) < 0, 'tree nodes out of order');
  });
  return joinTreeNodes(nodes.map(encodeTreeNode));
}

const writer = new NodeWriter();

/** One node's bytes, for writers that watch the size of a page; `joinTreeNodes` makes the page of them. */
export function encodeTreeNode(node: TreeNodeDraft): Uint8Array {
  checkDraft(node);
  const bytes = writer.encode(node);
  assert(bytes.length <= MAX_PAGE_BYTES, `tree node of ${bytes.length} bytes is over its bound`);
  return bytes;
}

/** The page of nodes that `encodeTreeNode` made, in order. */
export function joinTreeNodes(encoded: readonly Uint8Array[]): Uint8Array {
  const header = [...PAGE_HEAD, ...arrayHead(encoded.length)];
  const page = new Uint8Array(encoded.reduce((sum, node) => sum + node.length, header.length));
  assert(page.length <= MAX_PAGE_BYTES, `tree page of ${page.length} bytes is over its bound`);
  page.set(header);
  let at = header.length;
  for (const node of encoded) {
    page.set(node, at);
    at += node.length;
  }
  return page;
}

/** Nodes with absolute references: `self` is the digest of the chunk the page came from. Throws 'corrupt', 'unsupported-version'. */
export function decodeTreePage(bytes: Uint8Array, self: Digest): TreeNode[] {
  const page = decodeCbor(bytes, PAGE);
  if (!Array.isArray(page) || page.length !== 2) throw damaged(PAGE.what, 'not a pair of version and nodes');
  new Fields({ v: page[0] as unknown }, PAGE.what).version(TREE_PAGE_VERSION);
  const list = page[1] as unknown;
  if (!Array.isArray(list)) throw damaged(PAGE.what, 'no list of nodes');
  const nodes: TreeNode[] = [];
  for (const value of list as unknown[]) {
    const node = decodeNode(new Fields(value, NODE.what), self);
    const before = nodes[nodes.length - 1];
    if (before && compareBytes(before.name, node.name) >= 0) throw damaged(PAGE.what, 'nodes out of order');
    nodes.push(node);
  }
  return nodes;
}

function arrayHead(count: number): number[] {
  if (count < 24) return [0x80 | count];
  if (count < 0x100) return [0x98, count];
  if (count < 0x1_0000) return [0x99, count >>> 8, count & 0xff];
  return [0x9a, count >>> 24, (count >>> 16) & 0xff, (count >>> 8) & 0xff, count & 0xff];
}

function decodeNode(fields: Fields, self: Digest): TreeNode {
  const name = fields.bytes('n', 1, MAX_NAME_BYTES);
  const why = nameFault(name);
  if (why !== undefined) throw damaged(NODE.what, `its name ${why}`);
  const type = TYPES[fields.integer('t', 0, TYPES.length - 1)] ?? 'file';
  const common: NodeMetadata = {
    name,
    mode: fields.integer('m', 0, MAX_MODE),
    uid: fields.integer('u', 0, MAX_U32),
    gid: fields.integer('g', 0, MAX_U32),
    mtime: timestamp(fields, 'M'),
    ctime: timestamp(fields, 'C'),
    inode: fields.wide('i'),
    ...(fields.has('U') ? { user: fields.text('U', MAX_OWNER_TEXT) } : {}),
    ...(fields.has('G') ? { group: fields.text('G', MAX_OWNER_TEXT) } : {}),
    ...(fields.has('B') ? { birth: timestamp(fields, 'B') } : {}),
    ...(fields.has('d') ? { device: fields.wide('d') } : {}),
    ...(fields.has('a') ? { xattrs: decodeXattrs(fields) } : {}),
  };
  const node = decodeSubstance(type, fields, common, self);
  fields.end();
  return node;
}

function decodeSubstance(
  type: TreeNode['type'],
  fields: Fields,
  common: NodeMetadata,
  self: Digest,
): TreeNode {
  switch (type) {
    case 'file':
      return decodeFile(fields, common);
    case 'directory':
      return { ...common, type, pages: decodePages(fields, self) };
    case 'symlink':
      return { ...common, type, target: linkTarget(fields) };
    case 'fifo':
      return { ...common, type };
    default:
      return { ...common, type, number: deviceNumber(fields) };
  }
}

function deviceNumber(fields: Fields): DeviceNumber {
  const [major, minor] = fields.list('r', 2);
  for (const number of [major, minor]) {
    if (typeof number !== 'number' || !isUpTo(number, MAX_U32)) throw fields.wrong('r');
  }
  return { major: major as number, minor: minor as number };
}

function timestamp(fields: Fields, key: string): Timestamp {
  const [seconds, nanoseconds] = fields.list(key, 2);
  if (typeof seconds !== 'number' || typeof nanoseconds !== 'number') throw fields.wrong(key);
  if (!isTimestamp({ seconds, nanoseconds })) throw fields.wrong(key);
  return { seconds, nanoseconds };
}

function decodeXattrs(fields: Fields): ExtendedAttribute[] {
  const xattrs = fields.list('a', MAX_PAGE_BYTES).map((item) => {
    if (!Array.isArray(item) || item.length !== 2) throw fields.wrong('a');
    const [name, value] = item as unknown[];
    if (!(name instanceof Uint8Array) || !(value instanceof Uint8Array)) throw fields.wrong('a');
    return { name, value };
  });
  if (!areXattrs(xattrs)) throw fields.wrong('a');
  return xattrs;
}

function linkTarget(fields: Fields): Uint8Array {
  const target = fields.bytes('l', 1, MAX_LINK_BYTES);
  if (!isLinkTarget(target)) throw fields.wrong('l');
  return target;
}

function onlyTrue(fields: Fields, key: string): boolean {
  if (!fields.has(key)) return false;
  if (!fields.flag(key)) throw fields.wrong(key);
  return true;
}

function decodeFile(fields: Fields, common: NodeMetadata): FileNode {
  const node: FileNode = {
    ...common,
    type: 'file',
    size: fields.integer('s', 0, Number.MAX_SAFE_INTEGER),
    content: unpackRefs(fields.bytes('c', 0, MAX_PAGE_BYTES), MAX_DIRECT_REFS, NODE.what),
    indirect: onlyTrue(fields, 'x'),
    sparse: onlyTrue(fields, 'h'),
    ...(fields.has('k') ? { hardLink: fields.text('k', MAX_HARD_LINK_TEXT) } : {}),
  };
  if (!contentFits(node)) throw damaged(NODE.what, 'its content does not make up its size');
  return node;
}

function decodePages(fields: Fields, self: Digest): BlobRef[] {
  return fields.list('p', MAX_DIRECTORY_PAGES).map((item) => {
    if (!Array.isArray(item) || item.length !== 3) throw fields.wrong('p');
    const [chunk, offset, length] = item as unknown[];
    if (typeof offset !== 'number' || typeof length !== 'number') throw fields.wrong('p');
    if (!isInsideChunk(offset, length)) throw fields.wrong('p');
    if (chunk === null) return { chunk: self, offset, length };
    if (!(chunk instanceof Uint8Array) || chunk.length !== DIGEST_BYTES) throw fields.wrong('p');
    return { chunk, offset, length };
  });
}
