/** The C library of this machine, for the few calls that Node does not have; absent where it cannot be loaded. */
import { createRequire } from 'node:module';
import { getSystemErrorName } from 'node:util';

/** Declares a C function by its prototype; calls return its number. */
type Declare = (prototype: string) => (...args: unknown[]) => number;

export interface NativeLibrary {
  readonly declare: Declare;
  /** Of the last call that failed. */
  readonly errno: () => number;
}

interface Koffi {
  load(name: string): { func(prototype: string): (...args: unknown[]) => number };
  errno(): number;
}

const LIBRARIES: Readonly<Record<string, readonly string[]>> = {
  linux: ['libc.so.6', `libc.musl-${muslName(process.arch)}.so.1`, 'libc.so'],
  darwin: ['libSystem.B.dylib'],
};

/** Throws when no C library is known for this system, or none can be loaded. */
export function loadNativeLibrary(): NativeLibrary {
  const names = LIBRARIES[process.platform];
  if (!names) throw new Error(`no C library known for ${process.platform}`);
  const koffi = createRequire(import.meta.url)('koffi') as Koffi;
  const problems: unknown[] = [];
  for (const name of names) {
    try {
      const library = koffi.load(name);
      return { declare: (prototype) => library.func(prototype), errno: () => koffi.errno() };
    } catch (error) {
      problems.push(error);
    }
  }
  throw new AggregateError(problems, `none of ${names.join(', ')} can be loaded`);
}

/** An error like node:fs throws them. */
export function systemError(errno: number, syscall: string, path: Uint8Array): Error {
  const code = errno > 0 ? getSystemErrorName(-errno) : 'UNKNOWN';
  return Object.assign(new Error(`${code}: ${syscall} '${Buffer.from(path).toString()}'`), {
    code,
    errno: -errno,
    syscall,
  });
}

/** The bytes with a NUL at their end, as C wants text. */
export function cString(text: Uint8Array): Buffer {
  const ended = Buffer.alloc(text.length + 1);
  ended.set(text);
  return ended;
}

function muslName(arch: string): string {
  return arch === 'x64' ? 'x86_64' : arch === 'arm64' ? 'aarch64' : arch;
}
