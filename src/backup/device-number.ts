/** Device numbers as systems pack them into one number, taken apart and put together again. */
import type { DeviceNumber } from '../format/tree-page.ts';

interface Packing {
  unpack(packed: bigint): DeviceNumber;
  /** `undefined` where the system has no such numbers. */
  pack(number: DeviceNumber): bigint | undefined;
}

/** glibc and musl: 32 bits each, in four fields; the kernel itself knows 12 and 20 of them. */
const LINUX: Packing = {
  unpack: (packed) => ({
    major: Number(((packed >> 32n) & 0xffff_f000n) | ((packed >> 8n) & 0xfffn)),
    minor: Number(((packed >> 12n) & 0xffff_ff00n) | (packed & 0xffn)),
  }),
  pack: (number) => {
    const [major, minor] = [BigInt(number.major), BigInt(number.minor)];
    if (major > 0xfffn || minor > 0xf_ffffn) return undefined;
    return (major << 8n) | ((minor & 0xf_ff00n) << 12n) | (minor & 0xffn);
  },
};

/** sys/types.h: 8 and 24 bits. */
const MACOS: Packing = {
  unpack: (packed) => ({ major: Number((packed >> 24n) & 0xffn), minor: Number(packed & 0xff_ffffn) }),
  pack: ({ major, minor }) =>
    major > 0xff || minor > 0xff_ffff ? undefined : (BigInt(major) << 24n) | BigInt(minor),
};

export function devicePacking(platform: NodeJS.Platform = process.platform): Packing {
  return platform === 'darwin' ? MACOS : LINUX;
}
