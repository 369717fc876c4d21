/** Extended attributes, POSIX ACLs among them, of a file, folder or link itself: the C library's calls, which Node does not have. */
import type { ExtendedAttribute } from '../format/tree-page.ts';
import { cString, loadNativeLibrary, type NativeLibrary, systemError } from './native-library.ts';

export interface ExtendedAttributes {
  /** In the order of their names' bytes; none where the file system has none. Throws like node:fs. */
  read(path: Uint8Array): readonly ExtendedAttribute[];
  /** Throws like node:fs (ENOTSUP: this file system has none; EPERM: this user may not). */
  write(path: Uint8Array, attribute: ExtendedAttribute): void;
}

/** Argument lists of the calls that do not follow links; macOS has two arguments more. */
interface Calls {
  list(path: Buffer, into: Buffer): number;
  get(path: Buffer, name: Buffer, into: Buffer): number;
  set(path: Buffer, name: Buffer, value: Buffer): number;
}

/** The kernel's limits: 64 KiB for a list of names and for a value. */
const MAX_BYTES = 65_536;
/** ENODATA (Linux), ENOATTR (macOS): removed between two calls. */
const GONE: readonly number[] = [61, 93];
/** ENOTSUP, EOPNOTSUPP: a file system without attributes. */
const UNSUPPORTED: readonly number[] = [95, 45, 102];
const MACOS_NO_FOLLOW = 1;

function linuxCalls({ declare }: NativeLibrary): Calls {
  const list = declare('int64_t llistxattr(const void *path, void *list, size_t size)');
  const get = declare('int64_t lgetxattr(const void *path, const void *name, void *value, size_t size)');
  const set = declare(
    'int lsetxattr(const void *path, const void *name, const void *value, size_t size, int flags)',
  );
  return {
    list: (path, into) => list(path, into, into.length),
    get: (path, name, into) => get(path, name, into, into.length),
    set: (path, name, value) => set(path, name, value, value.length, 0),
  };
}

function macosCalls({ declare }: NativeLibrary): Calls {
  const list = declare('int64_t listxattr(const void *path, void *list, size_t size, int options)');
  const get = declare(
    'int64_t getxattr(const void *path, const void *name, void *value, size_t size, uint32_t position, int options)',
  );
  const set = declare(
    'int setxattr(const void *path, const void *name, const void *value, size_t size, uint32_t position, int options)',
  );
  return {
    list: (path, into) => list(path, into, into.length, MACOS_NO_FOLLOW),
    get: (path, name, into) => get(path, name, into, into.length, 0, MACOS_NO_FOLLOW),
    set: (path, name, value) => set(path, name, value, value.length, 0, MACOS_NO_FOLLOW),
  };
}

function splitNames(list: Buffer): Buffer[] {
  const names: Buffer[] = [];
  for (let at = 0; at < list.length; ) {
    const end = list.indexOf(0, at);
    const stop = end < 0 ? list.length : end;
    if (stop > at) names.push(Buffer.from(list.subarray(at, stop)));
    at = stop + 1;
  }
  return names.sort((a, b) => Buffer.compare(a, b));
}

class NativeAttributes implements ExtendedAttributes {
  readonly #calls: Calls;
  readonly #errno: () => number;
  readonly #buffer = Buffer.alloc(MAX_BYTES);

  constructor(library: NativeLibrary, calls: Calls) {
    this.#calls = calls;
    this.#errno = library.errno;
  }

  read(path: Uint8Array): readonly ExtendedAttribute[] {
    const text = cString(path);
    const length = this.#calls.list(text, this.#buffer);
    if (length < 0) {
      const errno = this.#errno();
      if (UNSUPPORTED.includes(errno)) return [];
      throw systemError(errno, 'listxattr', path);
    }
    if (length === 0) return [];
    const attributes: ExtendedAttribute[] = [];
    for (const name of splitNames(this.#buffer.subarray(0, length))) {
      const value = this.#value(path, text, name);
      if (value) attributes.push({ name: new Uint8Array(name), value });
    }
    return attributes;
  }

  write(path: Uint8Array, { name, value }: ExtendedAttribute): void {
    if (this.#calls.set(cString(path), cString(name), Buffer.from(value)) !== 0) {
      throw systemError(this.#errno(), `setxattr ${Buffer.from(name).toString()}`, path);
    }
  }

  #value(path: Uint8Array, text: Buffer, name: Buffer): Uint8Array | undefined {
    const length = this.#calls.get(text, cString(name), this.#buffer);
    if (length >= 0) return new Uint8Array(this.#buffer.subarray(0, length));
    const errno = this.#errno();
    if (GONE.includes(errno)) return undefined;
    throw systemError(errno, `getxattr ${name.toString()}`, path);
  }
}

let known: { readonly attributes: ExtendedAttributes | undefined } | undefined;

/** This machine's extended attributes; `undefined` where they cannot be reached (another system, no C library). */
export function nativeXattrs(): ExtendedAttributes | undefined {
  known ??= { attributes: load() };
  return known.attributes;
}

function load(): ExtendedAttributes | undefined {
  try {
    const library = loadNativeLibrary();
    return new NativeAttributes(
      library,
      process.platform === 'darwin' ? macosCalls(library) : linuxCalls(library),
    );
  } catch {
    return undefined; // docs/fidelity.md says where attributes survive; everything else does without them
  }
}

/** Whether a restore by this user can be expected to set it: the other namespaces are the system administrator's. */
export function isSettable(name: Uint8Array, root: boolean): boolean {
  return (
    root ||
    process.platform !== 'linux' ||
    /^(?:user|system\.posix_acl_\w+)(?:\.|$)/.test(Buffer.from(name).toString('latin1'))
  );
}
