/** What one entry of a directory is: its metadata and content, and the bounds that writers and readers hold it to (C6). */
import { compareBytes } from '../model/bytes.ts';
import { assert } from '../model/errors.ts';
import { KiB } from '../model/units.ts';
import type { BlobRef, PageRef } from './blob-ref.ts';

export interface Timestamp {
  /** Seconds since 1970; negative before. */
  readonly seconds: number;
  /** 0 to 999,999,999, always counted forward. */
  readonly nanoseconds: number;
}

/** One extended attribute; POSIX ACLs are two of them on Linux. */
export interface ExtendedAttribute {
  /** As the system writes it, with its namespace on Linux: "user.comment", "system.posix_acl_access". Raw bytes. */
  readonly name: Uint8Array;
  readonly value: Uint8Array;
}

export interface NodeMetadata {
  /** Raw bytes, UTF-8 or not; no '/', no NUL, not "." or "..". */
  readonly name: Uint8Array;
  /** Permission bits with setuid, setgid and sticky: 12 bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly user?: string | undefined;
  readonly group?: string | undefined;
  readonly mtime: Timestamp;
  /** With size, mtime and inode: how the next run recognises an unchanged file (C3). Never restored. */
  readonly ctime: Timestamp;
  /** When it was made, where its file system knows. No system lets a restore set it in the same way; it is for people. */
  readonly birth?: Timestamp | undefined;
  readonly inode: bigint;
  readonly device?: bigint | undefined;
  /** In order of their names, no name twice; absent when there are none. */
  readonly xattrs?: readonly ExtendedAttribute[] | undefined;
}

export interface FileNode extends NodeMetadata {
  readonly type: 'file';
  /** Bytes; equals the sum of the lengths of what `content` refers to. */
  readonly size: number;
  readonly content: readonly BlobRef[];
  /** True when `content` refers to lists of references (ChunkKind.list) in place of the content itself. */
  readonly indirect: boolean;
  /** The same for all names of one file, "device:inode"; only when it has more than one name. */
  readonly hardLink?: string | undefined;
  /** The source had holes: runs of zeros may be written as holes. */
  readonly sparse: boolean;
}

export interface DirectoryNode extends NodeMetadata {
  readonly type: 'directory';
  readonly pages: readonly BlobRef[];
}

export interface LinkNode extends NodeMetadata {
  readonly type: 'symlink';
  readonly target: Uint8Array;
}

/** What `mknod` was told: u32 each. */
export interface DeviceNumber {
  readonly major: number;
  readonly minor: number;
}

/** A named pipe: nothing but its name and metadata. */
export interface FifoNode extends NodeMetadata {
  readonly type: 'fifo';
}

/** A name for a device of the kernel; what the device says or keeps is never read. */
export interface DeviceNode extends NodeMetadata {
  readonly type: 'char-device' | 'block-device';
  readonly number: DeviceNumber;
}

export type SpecialNode = FifoNode | DeviceNode;

export type TreeNode = FileNode | DirectoryNode | LinkNode | SpecialNode;

/** A directory node as it is written: its pages may lie in the bundle that is being made. */
export interface DirectoryDraft extends NodeMetadata {
  readonly type: 'directory';
  readonly pages: readonly PageRef[];
}
export type TreeNodeDraft = FileNode | DirectoryDraft | LinkNode | SpecialNode;

export const MAX_NAME_BYTES = 1024;
export const MAX_LINK_BYTES: number = 32 * KiB;
/** References a file node carries itself; larger files go through lists (`indirect`). */
export const MAX_DIRECT_REFS = 1024;
export const MAX_DIRECTORY_PAGES = 8192;
/** UTF-16 units of a user or group name, and of a hard link key. */
export const MAX_OWNER_TEXT = 256;
export const MAX_HARD_LINK_TEXT = 64;
/** Linux allows 255 bytes for an attribute's name; what a node carries in all leaves room for it in a page. */
const MAX_XATTR_NAME_BYTES = 255;
const MAX_XATTRS_BYTES: number = 128 * KiB;
export const MAX_U32 = 0xffff_ffff;
export const MAX_MODE = 0o7777;

/** Why `name` cannot be one entry of a directory; `undefined` when it can. */
export function nameFault(name: Uint8Array): string | undefined {
  if (name.length === 0) return 'is empty';
  if (name.length > MAX_NAME_BYTES) return `is longer than ${MAX_NAME_BYTES} bytes`;
  if (name.includes(0x2f)) return 'holds a "/"';
  if (name.includes(0)) return 'holds a NUL';
  const dots = name.length <= 2 && name.every((byte) => byte === 0x2e);
  return dots ? 'is "." or ".."' : undefined;
}

/** What the decoder would refuse is not written (C7). */
export function checkDraft(node: TreeNodeDraft): void {
  const { name, user, group, mode, uid, gid, mtime, ctime, birth = ctime, inode, device = 0n, xattrs } = node;
  const fault = nameFault(name);
  assert(fault === undefined, `a tree node's name ${fault}`);
  assert(isOwner(user) && isOwner(group), 'a tree node with metadata out of bounds');
  assert(
    isUpTo(mode, MAX_MODE) && isUpTo(uid, MAX_U32) && isUpTo(gid, MAX_U32),
    'a tree node with metadata out of bounds',
  );
  const times = isTimestamp(mtime) && isTimestamp(ctime) && isTimestamp(birth);
  assert(times, 'a tree node with metadata out of bounds');
  assert(isWide(inode) && isWide(device), 'a tree node with metadata out of bounds');
  assert(xattrs === undefined || areXattrs(xattrs), 'extended attributes out of bounds');
  checkSubstance(node);
}

function checkSubstance(node: TreeNodeDraft): void {
  if (node.type === 'symlink') assert(isLinkTarget(node.target), 'a link with an impossible target');
  else if (node.type === 'directory')
    assert(node.pages.length <= MAX_DIRECTORY_PAGES, 'a directory of too many pages');
  else if (isDevice(node)) {
    const { major, minor } = node.number;
    assert(isUpTo(major, MAX_U32) && isUpTo(minor, MAX_U32), 'an impossible device number');
  } else if (node.type === 'file') {
    assert((node.hardLink?.length ?? 0) <= MAX_HARD_LINK_TEXT, 'a hard link key that is too long');
    assert(
      contentFits(node),
      `content of ${node.content.length} references does not make ${node.size} bytes`,
    );
  }
}

export function isDevice<T extends { readonly type: string }>(
  node: T,
): node is Extract<T, { readonly type: 'char-device' | 'block-device' }> {
  return node.type === 'char-device' || node.type === 'block-device';
}

export function isSpecial<T extends { readonly type: string }>(
  node: T,
): node is T & { readonly type: SpecialNode['type'] } {
  return node.type === 'fifo' || isDevice(node);
}

const WIDE_END = 1n << 64n;

function isWide(value: bigint): boolean {
  return value >= 0n && value < WIDE_END;
}

function isOwner(name: string | undefined): boolean {
  return name === undefined || name.length <= MAX_OWNER_TEXT;
}

export function isUpTo(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= max;
}

export function isTimestamp({ seconds, nanoseconds }: Timestamp): boolean {
  return Number.isSafeInteger(seconds) && isUpTo(nanoseconds, 999_999_999);
}

export function contentFits(node: Pick<FileNode, 'content' | 'indirect' | 'size'>): boolean {
  if (node.content.length > MAX_DIRECT_REFS) return false;
  if (node.indirect) return node.content.length > 0;
  return node.content.reduce((sum, ref) => sum + ref.length, 0) === node.size;
}

/** At least one, in order, each name usable, all together within their bound. */
export function areXattrs(xattrs: readonly ExtendedAttribute[]): boolean {
  const bytes = xattrs.reduce((sum, { name, value }) => sum + name.length + value.length, 0);
  const names = xattrs.every(({ name }, i) => {
    const before = xattrs[i - 1];
    const usable = name.length >= 1 && name.length <= MAX_XATTR_NAME_BYTES && !name.includes(0);
    return usable && (!before || compareBytes(before.name, name) < 0);
  });
  return xattrs.length > 0 && bytes <= MAX_XATTRS_BYTES && names;
}

export function isLinkTarget(target: Uint8Array): boolean {
  return target.length >= 1 && target.length <= MAX_LINK_BYTES && !target.includes(0);
}
