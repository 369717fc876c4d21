/** The chunker's inner loop as WebAssembly, twice as fast as the same in JavaScript: looks for candidates in shared memory (C2). */
import { GEAR_TABLE } from './gear-table.ts';

/** Bytes at the start of the memory that the table takes; what is scanned lies behind it. */
export const TABLE_BYTES: number = 4 * GEAR_TABLE.length;

/** Made from gear-scan.wat; a test compares. */
export const GEAR_SCAN_BYTES: Uint8Array<ArrayBuffer> = new Uint8Array(
  Buffer.from(
    [
      'AGFzbQEAAAABEAJgA39/fwF/YAR/f39/AX8CFgEHY2h1bmtlcgZtZW1vcnkCAwGAgAQDAwIAAQYGAX8BQQALBxYDBGhhc2gDAAR3',
      'YXJtAAAEc2NhbgABCqkCAi0AAkADQCAAIAFPDQEgAkEBdCAALQAAQQJ0KAIAaiECIABBAWohAAwACwsgAgv4AQEBfyABQQRrIQQC',
      'QANAIAAgBEoNASACQQF0IAAtAABBAnQoAgBqIQIgAiADcUUEQCACJAAgAEEBag8LIAJBAXQgAC0AAUECdCgCAGohAiACIANxRQRA',
      'IAIkACAAQQJqDwsgAkEBdCAALQACQQJ0KAIAaiECIAIgA3FFBEAgAiQAIABBA2oPCyACQQF0IAAtAANBAnQoAgBqIQIgAiADcUUE',
      'QCACJAAgAEEEag8LIABBBGohAAwACwsCQANAIAAgAU8NASACQQF0IAAtAABBAnQoAgBqIQIgAEEBaiEAIAIgA3FFBEAgAiQAIAAP',
      'CwwACwsgAiQAQQAL',
    ].join(''),
    'base64',
  ),
);

export interface GearScan {
  /** The gear hash of the bytes from `at` to `end`, begun with `hash`. */
  warm(at: number, end: number, hash: number): number;
  /** Behind the first byte from `at` on where the hash has zeros under `mask`; 0 when there is none before `end`. */
  scan(at: number, end: number, hash: number, mask: number): number;
  /** After the last byte that the last `scan` looked at. */
  hash(): number;
}

interface Exports {
  readonly warm: GearScan['warm'];
  readonly scan: GearScan['scan'];
  readonly hash: { readonly value: number };
}

let compiled: WebAssembly.Module | undefined;

/** Puts the table at the start of `memory`, and scans what lies behind it. */
export function gearScan(memory: WebAssembly.Memory): GearScan {
  compiled ??= new WebAssembly.Module(GEAR_SCAN_BYTES);
  new Int32Array(memory.buffer, 0, GEAR_TABLE.length).set(GEAR_TABLE);
  const instance = new WebAssembly.Instance(compiled, { chunker: { memory } });
  const { warm, scan, hash } = instance.exports as unknown as Exports;
  return { warm, scan, hash: () => hash.value };
}
