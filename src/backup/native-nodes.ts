/** Makes named pipes and devices: mkfifo and mknod of the C library, which Node does not have. */
import type { DeviceNode, FifoNode } from '../format/tree-page.ts';
import { devicePacking } from './device-number.ts';
import { cString, loadNativeLibrary, type NativeLibrary, systemError } from './native-library.ts';

/** What is made; a node of a snapshot is one. */
export type SpecialKind = Pick<FifoNode, 'type'> | Pick<DeviceNode, 'type' | 'number'>;

/** Makes it at a path that nothing has, for its owner alone. Throws like node:fs; what nobody or only root can make here is EPERM, with a reason that people understand. */
export type MakeSpecial = (path: Uint8Array, kind: SpecialKind) => void;

type Call = (path: Buffer, mode: number, device: bigint) => number;

const OWNER_ONLY = 0o600;
const CHARACTERS = 0o020000;
const BLOCKS = 0o060000;
const MKNOD = 'mknod(const void *path, unsigned int mode, uint64_t device)';

/** The C library has it under another name up to glibc 2.32, where its number comes as a pointer. */
function mknodOf({ declare }: NativeLibrary): Call {
  if (process.platform === 'darwin') {
    return declare('int mknod(const void *path, uint16_t mode, int32_t device)') as Call;
  }
  try {
    return declare(`int ${MKNOD}`) as Call;
  } catch {
    const old = declare('int __xmknod(int version, const void *path, unsigned int mode, void *device)');
    return (path, mode, device) => {
      const packed = Buffer.alloc(8);
      packed.writeBigUInt64LE(device);
      return old(0, path, mode, packed);
    };
  }
}

function bind(library: NativeLibrary): MakeSpecial {
  const mkfifo = library.declare('int mkfifo(const void *path, unsigned int mode)');
  const mknod = mknodOf(library);
  return (path, kind) => {
    if (kind.type === 'fifo') {
      if (mkfifo(cString(path), OWNER_ONLY) !== 0) throw systemError(library.errno(), 'mkfifo', path);
      return;
    }
    const packed = devicePacking().pack(kind.number);
    if (packed === undefined) throw refused('this system has no devices of such a number');
    const mode = OWNER_ONLY | (kind.type === 'char-device' ? CHARACTERS : BLOCKS);
    if (mknod(cString(path), mode, packed) !== 0) throw refusal(library.errno(), path);
  };
}

/** The system says no more than "not permitted", of what is in order with everything but who asks. */
function refusal(errno: number, path: Uint8Array): Error {
  const error = systemError(errno, 'mknod', path);
  return 'code' in error && error.code === 'EPERM'
    ? refused('it is a device, and only root may make devices (in a container often nobody)')
    : error;
}

function refused(why: string): Error {
  return Object.assign(new Error(why), { code: 'EPERM' });
}

let known: MakeSpecial | undefined;

/** This machine's. Where the C library cannot be called, it throws EPERM and says so. */
export function nativeNodes(): MakeSpecial {
  known ??= load();
  return known;
}

function load(): MakeSpecial {
  try {
    return bind(loadNativeLibrary());
  } catch {
    return () => {
      throw refused('pipes and devices cannot be made here, as the C library cannot be called');
    };
  }
}
