/** The Padmé length of a chunk: at most 12% longer, and it tells an observer only O(log log n) bits of the real length (C2). */

/** The smallest allowed length that is not below `length` (Nikitin et al., "Reducing Metadata Leakage", PETS 2019). Bytes. */
export function padmeLength(length: number): number {
  if (length < 2) return length;
  const exponent = 31 - Math.clz32(length);
  const mantissaBits = 32 - Math.clz32(exponent);
  const step = 2 ** Math.max(0, exponent - mantissaBits);
  return Math.ceil(length / step) * step;
}
