/** One bit for each placement group, 32 bytes: which groups a peer declines (wire.md, compare). */
import { GROUPS } from '../model/ids.ts';

const BITMAP_BYTES: number = GROUPS / 8;

export function noGroups(): Uint8Array {
  return new Uint8Array(BITMAP_BYTES);
}

export function allGroups(): Uint8Array {
  return new Uint8Array(BITMAP_BYTES).fill(0xff);
}

export function hasGroup(bits: Uint8Array, group: number): boolean {
  return (((bits[group >> 3] ?? 0) >> (group & 7)) & 1) === 1;
}

export function withGroup(bits: Uint8Array, group: number): void {
  bits[group >> 3] = (bits[group >> 3] ?? 0) | (1 << (group & 7));
}

export function eitherGroups(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.map((byte, i) => byte | (b[i] ?? 0));
}

export function countGroups(bits: Uint8Array): number {
  let count = 0;
  for (let group = 0; group < GROUPS; group++) if (hasGroup(bits, group)) count += 1;
  return count;
}
