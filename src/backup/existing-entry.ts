/** What has a name in a folder already, from the system's stat data. */
import { type BigIntStats, lstatSync, readlinkSync } from 'node:fs';
import { isDevice } from '../format/tree-page.ts';
import { devicePacking } from './device-number.ts';
import { systemType } from './system-type.ts';
import type { Existing } from './target-folder.ts';
import { timestampOf } from './timestamp-of.ts';

/** `undefined` when nothing has this path; throws like node:fs. */
export function existingAt(path: string | Buffer): Existing | undefined {
  const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (!stat) return undefined;
  const existing = existingOf(stat);
  return existing.type === 'symlink' ? { ...existing, target: readlinkSync(path, 'buffer') } : existing;
}

function existingOf(stat: BigIntStats): Existing {
  const type = systemType(stat);
  const { mode, uid, gid, size, mtimeNs } = stat;
  return {
    type,
    size: Number(size),
    mode: Number(mode & 0o7777n),
    uid: Number(uid),
    gid: Number(gid),
    mtime: timestampOf(mtimeNs),
    ...(isDevice({ type }) ? { number: devicePacking().unpack(stat.rdev) } : {}),
  };
}
