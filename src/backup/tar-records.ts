/** The pax records of one tar entry (POSIX.1-2024, pax): everything that the old header cannot say, as raw bytes. */
import { isUtf8 } from 'node:buffer';
import type { ExtendedAttribute, NodeMetadata, Timestamp, TreeNode } from '../format/tree-page.ts';
import { concatBytes, utf8 } from '../model/bytes.ts';

/** How GNU tar, bsdtar and star write extended attributes; ACLs are among them, as Linux keeps them. */
const XATTR = 'SCHILY.xattr.';

interface TarFacts {
  /** Raw bytes, a folder's with "/" at its end. */
  readonly path: Uint8Array;
  /** Target of a symbolic link, or path of an earlier entry. */
  readonly link?: Uint8Array | undefined;
  readonly size: number;
}

/** Names that are not UTF-8 stay as they are (hdrcharset says so), times have nanoseconds, sizes and ids no limit. */
export function tarRecords(node: TreeNode, { path, link, size }: TarFacts): Uint8Array {
  const isText = isUtf8(path) && (!link || isUtf8(link));
  const records = [
    ...(isText ? [] : [record('hdrcharset', utf8('BINARY'))]),
    record('path', path),
    ...(link ? [record('linkpath', link)] : []),
    record('size', utf8(String(size))),
    record('mtime', utf8(timeText(node.mtime))),
    ...ownerRecords(node),
    ...(node.xattrs ?? []).map(xattrRecord),
  ];
  return concatBytes(...records);
}

function ownerRecords({ uid, gid, user, group }: NodeMetadata): Uint8Array[] {
  return [
    record('uid', utf8(String(uid))),
    record('gid', utf8(String(gid))),
    ...(user ? [record('uname', utf8(user))] : []),
    ...(group ? [record('gname', utf8(group))] : []),
  ];
}

/** "=" would end the keyword, so it is written as GNU tar does. */
function xattrRecord({ name, value }: ExtendedAttribute): Uint8Array {
  const encoded = Buffer.from(name).toString('latin1').replaceAll('%', '%25').replaceAll('=', '%3D');
  return record(concatBytes(utf8(XATTR), Buffer.from(encoded, 'latin1')), value);
}

/** "1764255523.123456789"; before 1970 the fraction counts backwards: "-0.5". */
function timeText({ seconds, nanoseconds }: Timestamp): string {
  const total = BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds);
  const size = total < 0n ? -total : total;
  const fraction = String(size % 1_000_000_000n)
    .padStart(9, '0')
    .replace(/0+$/, '');
  return `${total < 0n ? '-' : ''}${size / 1_000_000_000n}${fraction === '' ? '' : `.${fraction}`}`;
}

/** "LENGTH KEYWORD=VALUE\n", whose length counts its own digits too. */
function record(keyword: string | Uint8Array, value: Uint8Array): Uint8Array {
  const rest = concatBytes(
    utf8(' '),
    typeof keyword === 'string' ? utf8(keyword) : keyword,
    utf8('='),
    value,
    utf8('\n'),
  );
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return concatBytes(utf8(String(length)), rest);
}
