/** The machine's own files behind the FileSource seam: synchronous calls, which cost a fifth of asynchronous ones for small files. */
import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  realpathSync,
  type Stats,
} from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { isDevice } from '../format/tree-page.ts';
import { VaultError } from '../model/errors.ts';
import { MiB } from '../model/units.ts';
import { systemClock } from '../runtime/system-clock.ts';
import { type BytePath, joinPath, shownPath } from './byte-path.ts';
import { devicePacking } from './device-number.ts';
import type { FileSource, QuickStat, SourceFile, SourceStat } from './file-source.ts';
import { type NativeFiles, nativeFiles } from './native-files.ts';
import { nativeXattrs } from './native-xattrs.ts';
import { ownerNames } from './owner-names.ts';
import { systemType } from './system-type.ts';
import { timestampOf } from './timestamp-of.ts';

type Read = (into: Uint8Array, position: number) => number;

/** Holes of smaller files are read like anything else. */
const LEAST_SPARSE: number = 16 * MiB;
const SETTLED_SECONDS = 60;
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

export function nodeFileSource(): FileSource {
  const names = ownerNames();
  const attributes = nativeXattrs();
  const statOf = (stat: BigIntStats): SourceStat => sourceStat(stat, names);
  return {
    resolve: (path) => guarded(path, () => resolvePath(path)),
    list: (path) => guarded(path, () => readdirSync(raw(path), 'latin1').sort()),
    stat: (path) => guarded(path, () => statOf(lstatSync(raw(path), { bigint: true }))),
    look: (path) => guarded(path, () => quickStat(lstatSync(raw(path)))),
    readLink: (path) => guarded(path, () => new Uint8Array(readlinkSync(raw(path), 'buffer'))),
    xattrs: (path) => guarded(path, () => attributes?.read(Buffer.from(path, 'latin1')) ?? []),
    open: (path) => guarded(path, () => openFile(path, statOf)),
  };
}

function openFile(path: BytePath, statOf: (stat: BigIntStats) => SourceStat): SourceFile {
  const fd = openSync(raw(path), OPEN_FLAGS);
  const readBytes: Read = (into, position) => readSync(fd, into, 0, into.length, position);
  let read = readBytes;
  const native = nativeFiles();
  return {
    stat: () =>
      guarded(path, () => {
        const stat = statOf(fstatSync(fd, { bigint: true }));
        if (native && hasOldHoles(stat)) read = holesAsZeros(fd, native, readBytes);
        return stat;
      }),
    read: (into, position) => guarded(path, () => read(into, position)),
    close: () => closeSync(fd),
  };
}

/** File systems have called what was just written a hole (decision 52). */
function hasOldHoles({ sparse, size, mtime }: SourceStat): boolean {
  return sparse && size >= LEAST_SPARSE && mtime.seconds < systemClock.now() / 1000 - SETTLED_SECONDS;
}

/** The system fills the memory that it keeps of a file with the zeros of a hole, which is ten times as dear as writing zeros here. */
function holesAsZeros(fd: number, native: NativeFiles, read: Read): Read {
  let [holeFrom, dataFrom] = [0, 0];
  return (into, position) => {
    if (position < holeFrom || position >= dataFrom) {
      holeFrom = position;
      const next = native.nextData(fd, position) ?? position;
      dataFrom = next === 'end' ? fstatSync(fd).size : next;
    }
    const hole = Math.min(dataFrom - position, into.length);
    if (hole <= 0) return read(into, position);
    into.fill(0, 0, hole);
    return hole;
  };
}

/** ASCII is the same in both encodings, and a string costs less than a buffer. */
function raw(path: BytePath): string | Buffer {
  return Buffer.byteLength(path, 'utf8') === path.length ? path : Buffer.from(path, 'latin1');
}

function resolvePath(path: BytePath): BytePath {
  const cwd = Buffer.from(process.cwd()).toString('latin1');
  const absolute = resolve(cwd, path);
  if (absolute === '/') return absolute;
  const folder = realpathSync(raw(dirname(absolute)), 'buffer').toString('latin1');
  return joinPath(folder, basename(absolute));
}

function sourceStat(stat: BigIntStats, names: ReturnType<typeof ownerNames>): SourceStat {
  const uid = Number(stat.uid);
  const gid = Number(stat.gid);
  const type = systemType(stat);
  return {
    type,
    size: Number(stat.size),
    mode: Number(stat.mode & 0o7777n),
    uid,
    gid,
    user: names.user(uid),
    group: names.group(gid),
    mtime: timestampOf(stat.mtimeNs),
    ctime: timestampOf(stat.ctimeNs),
    birth: stat.birthtimeNs > 0n ? timestampOf(stat.birthtimeNs) : undefined, // 0: the file system does not know
    inode: stat.ino,
    device: stat.dev,
    links: Number(stat.nlink),
    sparse: stat.blocks * 512n + 4096n <= stat.size,
    ...(isDevice({ type }) ? { number: devicePacking().unpack(stat.rdev) } : {}),
  };
}

function quickStat(stat: Stats): QuickStat {
  const { size, mtimeMs, ctimeMs, ino, dev, nlink } = stat;
  return { type: systemType(stat), size, mtimeMs, ctimeMs, inode: ino, device: dev, links: nlink };
}

function guarded<T>(path: BytePath, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
    if (code === undefined) throw cause;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new VaultError('not-found', `${shownPath(path)} is not there`, { cause });
    }
    throw new VaultError('source-unreadable', `cannot read ${shownPath(path)}: ${code}`, { cause });
  }
}
