/** A short list of device numbers as it lies in the books: four bytes each, in order, none twice. */

export const NO_DEVICES: Uint8Array = new Uint8Array(0);
const WIDTH = 4;

function numberAt(list: Uint8Array, at: number): number {
  return new DataView(list.buffer, list.byteOffset + at, WIDTH).getUint32(0);
}

/** Where `device` is in the list, or where it belongs. */
function placeOf(list: Uint8Array, device: number): { at: number; found: boolean } {
  let at = 0;
  while (at < list.length && numberAt(list, at) < device) at += WIDTH;
  return { at, found: at < list.length && numberAt(list, at) === device };
}

export function devicesIn(list: Uint8Array): number[] {
  return Array.from({ length: list.length / WIDTH }, (_, i) => numberAt(list, i * WIDTH));
}

/** The same list when `device` is in it already. */
export function withDevice(list: Uint8Array, device: number): Uint8Array {
  const { at, found } = placeOf(list, device);
  if (found) return list;
  const out = new Uint8Array(list.length + WIDTH);
  out.set(list.subarray(0, at));
  new DataView(out.buffer).setUint32(at, device);
  out.set(list.subarray(at), at + WIDTH);
  return out;
}

/** The same list when `device` is not in it. */
export function withoutDevice(list: Uint8Array, device: number): Uint8Array {
  const { at, found } = placeOf(list, device);
  if (!found) return list;
  const out = new Uint8Array(list.length - WIDTH);
  out.set(list.subarray(0, at));
  out.set(list.subarray(at + WIDTH), at);
  return out;
}
