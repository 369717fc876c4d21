/** What a vault consists of as JSON: every field of the format under a readable name, none of its keys. Pure. */
import { pathText } from '../backup/path-text.ts';
import { verify } from '../crypto/ed25519.ts';
import type { BlobRef } from '../format/blob-ref.ts';
import { decodeCertificate } from '../format/certificate.ts';
import type { IndexedChunk } from '../format/index-chunk.ts';
import { ChunkKind } from '../format/kinds.ts';
import { encodeSnapshot, snapshotId } from '../format/snapshot.ts';
import type { NodeMetadata, Timestamp, TreeNode } from '../format/tree-page.ts';
import { toHex } from '../model/bytes.ts';
import { cidText, idText } from '../model/ids.ts';
import type { OpenedEntry, SnapshotRecord } from '../vault/log-books.ts';
import type { CatObject } from './cat-types.ts';

const KIND_NAMES: ReadonlyMap<ChunkKind, string> = new Map(
  Object.entries(ChunkKind).map(([name, kind]) => [kind, name]),
);

export function kindName(kind: ChunkKind): string {
  return KIND_NAMES.get(kind) ?? String(kind);
}

export function snapshotShape({ id, snapshot }: SnapshotRecord): CatObject {
  const { time, host, user, paths, tags, root, stats, parent, original, device, program } = snapshot;
  return {
    message_type: 'snapshot',
    id,
    time: new Date(time).toISOString(),
    hostname: host,
    username: user,
    paths: paths.map(pathText),
    tags,
    root: root.map(placeShape),
    total_files: stats.files,
    total_dirs: stats.directories,
    total_links: stats.links,
    total_bytes: stats.bytes,
    ...(parent === undefined ? {} : { parent }),
    ...(original === undefined ? {} : { original }),
    device: idText(device),
    program_version: program,
  };
}

export function nodeShape(node: TreeNode): CatObject {
  if (node.type === 'symlink')
    return { ...metadataShape(node), type: 'symlink', linktarget: pathText(node.target) };
  if (node.type === 'directory')
    return { ...metadataShape(node), type: 'dir', pages: node.pages.map(placeShape) };
  if (node.type === 'fifo') return { ...metadataShape(node), type: 'fifo' };
  if (node.type !== 'file') {
    const { major, minor } = node.number;
    const type = node.type === 'char-device' ? 'chardev' : 'dev';
    return { ...metadataShape(node), type, device_major: major, device_minor: minor };
  }
  return {
    ...metadataShape(node),
    type: 'file',
    size: node.size,
    content: node.content.map(placeShape),
    indirect: node.indirect,
    sparse: node.sparse,
    ...(node.hardLink === undefined ? {} : { hard_link: node.hardLink }),
  };
}

export function indexShape({ digest, kind, blobs }: IndexedChunk): CatObject {
  return {
    message_type: 'indexed_chunk',
    chunk: cidText(digest),
    kind: kindName(kind),
    blobs: blobs.map(({ id, length }) => ({ content_id: toHex(id), length })),
  };
}

export function entryShape({ entry, hash, announcement }: OpenedEntry): CatObject {
  const { device, sequence, previous, certificate, adds, drops, retires } = entry;
  return {
    message_type: 'log_entry',
    device: idText(device),
    sequence,
    hash: toHex(hash),
    ...(previous ? { previous: toHex(previous) } : {}),
    ...(certificate ? { certificate: certificateShape(certificate) } : {}),
    adds: adds.map(({ digest, size }) => ({ chunk: cidText(digest), size })),
    drops: drops.map(cidText),
    ...(retires ? { retires: { device: idText(retires.device), next: retires.next } } : {}),
    ...(announcement
      ? {
          announcement: {
            index: announcement.index.map(cidText),
            forgets: announcement.forgets,
            ...(announcement.snapshot ? { snapshot: snapshotId(encodeSnapshot(announcement.snapshot)) } : {}),
          },
        }
      : {}),
  };
}

function certificateShape(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  const { name, created, role = 'full', scope } = decodeCertificate(bytes, verify);
  return {
    name,
    role,
    created: new Date(created).toISOString(),
    ...(scope === undefined ? {} : { scope: toHex(scope) }),
  };
}

function metadataShape(node: NodeMetadata): CatObject {
  const { name, mode, uid, gid, user, group, mtime, ctime, birth, inode, device, xattrs } = node;
  return {
    message_type: 'node',
    name: pathText(name),
    mode,
    uid,
    gid,
    ...(user === undefined ? {} : { user }),
    ...(group === undefined ? {} : { group }),
    mtime: timeShape(mtime),
    ctime: timeShape(ctime),
    ...(birth === undefined ? {} : { btime: timeShape(birth) }),
    inode: String(inode),
    ...(device === undefined ? {} : { device_id: String(device) }),
    ...(xattrs === undefined
      ? {}
      : {
          xattrs: xattrs.map((one) => ({
            name: pathText(one.name),
            value_base64: Buffer.from(one.value).toString('base64'),
          })),
        }),
  };
}

function placeShape({ chunk, offset, length }: BlobRef): Readonly<Record<string, unknown>> {
  return { chunk: cidText(chunk), offset, length };
}

/** Seconds since 1970 with nine digits behind the point, as text: no number holds that many. */
function timeShape({ seconds, nanoseconds }: Timestamp): string {
  const before = seconds < 0 && nanoseconds > 0;
  const whole = before ? seconds + 1 : seconds;
  const rest = before ? 1_000_000_000 - nanoseconds : nanoseconds;
  return `${before && whole === 0 ? '-' : ''}${whole}.${String(rest).padStart(9, '0')}`;
}
