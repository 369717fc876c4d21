/** When two entries are the same to somebody who restores them: content and metadata, apart from what is never restored. */
import { hash } from 'node:crypto';
import { packRefs } from '../format/blob-ref.ts';
import { type FileNode, isDevice, type TreeNode } from '../format/tree-page.ts';
import { toHex } from '../model/bytes.ts';

/** Equal for files that refer to the same bytes; the vault keeps equal content once, so other references are other content. */
function contentKey({ size, indirect, content }: FileNode): string {
  return `${size}/${indirect ? 'list' : 'parts'}/${hash('sha256', packRefs(content), 'base64')}`;
}

/** Mode, owner, time, extended attributes. */
export function metadataKey(node: TreeNode): string {
  const { mode, uid, gid, user = '', group = '', mtime, xattrs = [] } = node;
  const attributes = xattrs.map(({ name, value }) => `${toHex(name)}=${toHex(value)}`).join(',');
  return JSON.stringify([mode, uid, gid, user, group, mtime.seconds, mtime.nanoseconds, attributes]);
}

/** What a file holds, a link points to, which device it is; nothing for a directory, whose entries speak for themselves. */
export function substanceKey(node: TreeNode): string {
  if (node.type === 'file') return `file ${contentKey(node)}`;
  if (node.type === 'symlink') return `symlink ${toHex(node.target)}`;
  return isDevice(node) ? `${node.type} ${node.number.major}:${node.number.minor}` : node.type;
}
