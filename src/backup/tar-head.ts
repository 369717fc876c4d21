/** The parts of a tar besides content: headers (pax records and, for readers that know none, the old fields), padding and end. */
import { Header, type HeaderData } from 'tar';
import { isDevice, type TreeNode } from '../format/tree-page.ts';
import { concatBytes, utf8 } from '../model/bytes.ts';
import { tarRecords } from './tar-records.ts';

const BLOCK = 512;
/** The old header has 12 octal digits for a size. */
const MAX_OLD_SIZE = 0o77777777777;
const MAX_OLD_ID = 0o7777777;
const MAX_OLD_PATH = 99;

const TYPES = {
  file: 'File',
  directory: 'Directory',
  symlink: 'SymbolicLink',
  fifo: 'FIFO',
  'char-device': 'CharacterDevice',
  'block-device': 'BlockDevice',
} as const;

export const TAR_END: Uint8Array = new Uint8Array(2 * BLOCK);

/** The headers of one entry. `path` is relative, raw bytes, no "/" at either end; `first` is the path of an earlier entry with the same content. */
export function tarHead(path: Uint8Array, node: TreeNode, first?: Uint8Array): Uint8Array {
  const size = node.type === 'file' && !first ? node.size : 0;
  const link = node.type === 'symlink' ? node.target : first;
  const fullPath = node.type === 'directory' ? concatBytes(path, utf8('/')) : path;
  const records = tarRecords(node, { path: fullPath, link, size });
  const extended = block({ type: 'ExtendedHeader', path: 'pax', mode: 0o644, size: records.length });
  const head = block({
    ...oldFacts(node),
    type: first ? 'Link' : TYPES[node.type],
    path: oldText(fullPath, node.type === 'directory' ? 'folder/' : 'entry'),
    size: Math.min(size, MAX_OLD_SIZE),
    ...(link ? { linkpath: oldText(link, 'link') } : {}),
    ...(isDevice(node) ? { devmaj: node.number.major, devmin: node.number.minor } : {}),
  });
  return concatBytes(extended, records, tarPadding(records.length), head);
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

/** What follows so many bytes of content. */
export function tarPadding(length: number): Uint8Array {
  return new Uint8Array((BLOCK - (length % BLOCK)) % BLOCK);
}
