/** A piece of memory that a file is read into and cut in; other threads read the pieces where they lie. */
import { type GearScan, gearScan, TABLE_BYTES } from './gear-scan.ts';

const PAGE_BYTES = 65_536;

export class Slab {
  readonly memory: SharedArrayBuffer;
  /** All of it; what is cut lies from `first` on. */
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  readonly first: number = TABLE_BYTES;
  readonly gear: GearScan;

  /** Room for at least `bytes` to cut. */
  constructor(bytes: number) {
    const pages = Math.ceil((bytes + TABLE_BYTES) / PAGE_BYTES);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    this.gear = gearScan(memory);
    this.memory = memory.buffer as unknown as SharedArrayBuffer;
    this.bytes = new Uint8Array(this.memory);
  }
}
