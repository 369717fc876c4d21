/** Sets a file's, directory's or link's own modification time to the nanosecond, which Node's fs cannot: utimensat of the C library. */
import { lutimesSync } from 'node:fs';
import type { Timestamp } from '../format/tree-page.ts';
import { loadNativeLibrary, systemError } from './native-library.ts';

/** Sets access and modification time of `path` itself (a link is not followed); throws like node:fs. */
export type SetTimes = (path: Uint8Array, time: Timestamp) => void;

export interface TimeSetter {
  readonly setTimes: SetTimes;
  /** 'ns' through the C library; 'us' through Node, which rounds times to about a quarter of a microsecond. */
  readonly precision: 'ns' | 'us';
  /** Why the C library could not be used; `undefined` for 'ns'. */
  readonly reason: Error | undefined;
}

interface Platform {
  readonly atCwd: number;
  readonly noFollow: number;
}

/** Values of AT_FDCWD and AT_SYMLINK_NOFOLLOW from each system's fcntl.h. */
const PLATFORMS: Readonly<Record<string, Platform>> = {
  linux: {
    atCwd: -100,
    noFollow: 0x100,
  },
  darwin: { atCwd: -2, noFollow: 0x20 },
};

/** Where a timespec is two little-endian 64-bit numbers. */
const ARCHITECTURES: readonly string[] = ['x64', 'arm64', 'riscv64', 'loong64'];

/** Access and modification time, as C wants them. */
export const TIMESPECS_BYTES = 32;

/** The same time twice. */
export function writeTimespecs(into: Buffer, { seconds, nanoseconds }: Timestamp): void {
  const high = Math.floor(seconds / 2 ** 32);
  for (const at of [0, 16]) {
    into.writeUInt32LE(seconds - high * 2 ** 32, at);
    into.writeInt32LE(high, at + 4);
    into.writeUInt32LE(nanoseconds, at + 8);
    into.writeUInt32LE(0, at + 12);
  }
}

let known: TimeSetter | undefined;

/** The best setter of this machine; loads the C library at the first call. */
export function nativeTimes(): TimeSetter {
  known ??= load();
  return known;
}

/** Times through Node's own fs: microseconds, everywhere. */
export function nodeTimes(reason?: Error): TimeSetter {
  const setTimes: SetTimes = (path, { seconds, nanoseconds }) => {
    // As text, because Node takes a negative number for "now".
    const time = String(seconds + nanoseconds / 1e9);
    lutimesSync(Buffer.from(path), time, time);
  };
  return { setTimes, precision: 'us', reason };
}

function load(): TimeSetter {
  const platform = PLATFORMS[process.platform];
  if (!platform || !ARCHITECTURES.includes(process.arch)) {
    return nodeTimes(new Error(`no utimensat known for ${process.platform} on ${process.arch}`));
  }
  try {
    return { setTimes: bind(platform), precision: 'ns', reason: undefined };
  } catch (error) {
    return nodeTimes(error instanceof Error ? error : new Error(String(error)));
  }
}

function bind(platform: Platform): SetTimes {
  const { declare, errno } = loadNativeLibrary();
  const utimensat = declare('int utimensat(int fd, const void *path, const void *times, int flags)');
  const times = Buffer.alloc(TIMESPECS_BYTES);
  let text = Buffer.alloc(4096);
  return (path, time) => {
    writeTimespecs(times, time);
    if (path.length + 1 > text.length) text = Buffer.alloc(path.length + 1);
    text.set(path);
    text[path.length] = 0;
    if (utimensat(platform.atCwd, text, times, platform.noFollow) !== 0) {
      throw systemError(errno(), 'utimensat', path);
    }
  };
}
