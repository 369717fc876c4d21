/** Where files are cut (C2): bounds, average, independence of the input's slices, and small changes for small edits. */
import { createHash, createHmac } from 'node:crypto';
import fs from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import loadWabt from 'wabt';
import { type ChunkSizes, DEFAULT_SIZES } from '../../src/chunker/chunk-sizes.ts';
import { Chunker, type Cut } from '../../src/chunker/chunker.ts';
import { GEAR_SCAN_BYTES } from '../../src/chunker/gear-scan.ts';
import { GEAR_TABLE } from '../../src/chunker/gear-table.ts';
import { Slab } from '../../src/chunker/slab.ts';
import { concatBytes } from '../../src/model/bytes.ts';
import { KiB, MiB } from '../../src/model/units.ts';

const SMALL: ChunkSizes = { min: 256, average: 2048, max: 8192 };

function decideWith(key: string): (window: Uint8Array) => number {
  return (window) => createHmac('sha256', key).update(window).digest().readUInt32BE(0);
}

/** Pseudo-random bytes, the same for the same seed. */
function noise(seed: number, length: number): Uint8Array {
  const words = new Uint32Array(Math.ceil(length / 4));
  let state = (seed * 0x9e3779b1) | 1;
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = Math.imul(state, 0x2545f491);
  }
  return new Uint8Array(words.buffer, 0, length);
}

/** Fills and changes slabs as a reader does, however small they are, and copies the pieces out. */
class Cutter {
  readonly #sizes: ChunkSizes;
  readonly #chunker: Chunker;
  #slab: Slab;

  constructor(sizes: ChunkSizes = DEFAULT_SIZES, key = 'k') {
    this.#sizes = sizes;
    this.#slab = this.#newSlab();
    this.#chunker = new Chunker(this.#slab, decideWith(key), sizes);
  }

  push(bytes: Uint8Array): Uint8Array[] {
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; ) {
      let room = this.#chunker.room();
      if (room.length === 0) {
        this.#slab = this.#newSlab();
        this.#chunker.moveTo(this.#slab);
        room = this.#chunker.room();
      }
      const part = bytes.subarray(at, at + room.length);
      room.set(part);
      at += part.length;
      pieces.push(...this.#chunker.take(part.length).map((one) => this.#copy(one)));
    }
    return pieces;
  }

  finish(): Uint8Array | undefined {
    const last = this.#chunker.finish();
    return last && this.#copy(last);
  }

  #newSlab(): Slab {
    return new Slab(this.#sizes.max + this.#sizes.min);
  }

  #copy({ start, end }: Cut): Uint8Array {
    return new Uint8Array(this.#slab.bytes.slice(start, end));
  }
}

function cut(bytes: Uint8Array, slice: number, sizes?: ChunkSizes, key = 'k'): Uint8Array[] {
  const chunker = new Cutter(sizes, key);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += slice)
    pieces.push(...chunker.push(bytes.subarray(at, at + slice)));
  const last = chunker.finish();
  return last ? [...pieces, last] : pieces;
}

function name(piece: Uint8Array): string {
  return createHash('sha256').update(piece).digest('hex');
}

describe('the chunker', () => {
  const stream = noise(1, 64 * MiB);
  const pieces = cut(stream, 1 * MiB);

  it('keeps every piece but the last within its bounds, and the average near 1 MiB (C2)', () => {
    const sizes = pieces.slice(0, -1).map((piece) => piece.length);
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(DEFAULT_SIZES.min);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(DEFAULT_SIZES.max);
    const average = stream.length / pieces.length;
    expect(average).toBeGreaterThan(0.7 * MiB);
    expect(average).toBeLessThan(1.4 * MiB);
  });

  it('keeps the average of many small pieces within 5% of what was asked (C2)', () => {
    const average = (4 * MiB) / cut(stream.subarray(0, 4 * MiB), 64 * KiB, SMALL).length;
    expect(average).toBeGreaterThan(0.95 * SMALL.average);
    expect(average).toBeLessThan(1.05 * SMALL.average);
  });

  it('changes a few pieces only when 4 KiB are inserted in the middle of 64 MiB', () => {
    const middle = 32 * MiB + 12_345;
    const edited = concatBytes(stream.subarray(0, middle), noise(2, 4 * KiB), stream.subarray(middle));
    const known = new Set(pieces.map(name));
    const added = cut(edited, 1 * MiB).filter((piece) => !known.has(name(piece)));
    expect(added.length).toBeGreaterThanOrEqual(1);
    expect(added.length).toBeLessThanOrEqual(6);
  });

  it('cuts elsewhere under another key (C2)', () => {
    const head = stream.subarray(0, 16 * MiB);
    const ends = (key: string): number[] => {
      let at = 0;
      return cut(head, 1 * MiB, DEFAULT_SIZES, key).map((piece) => (at += piece.length));
    };
    const others = new Set(ends('another'));
    const shared = ends('k').filter((end) => others.has(end) && end !== head.length);
    expect(shared.length).toBeLessThanOrEqual(3);
  });

  it('gives the same pieces however the input is split into pushes', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.integer({ min: 0, max: 150_000 }),
        fc.array(fc.integer({ min: 0, max: 20_000 }), { minLength: 1, maxLength: 12 }),
        (seed, length, steps) => {
          const bytes = noise(seed, length);
          const chunker = new Cutter(SMALL);
          const found: Uint8Array[] = [];
          let at = 0;
          for (let i = 0; at < length; i++) {
            const step = (steps[i % steps.length] ?? 0) + (i % steps.length === 0 ? 1 : 0);
            found.push(...chunker.push(bytes.subarray(at, at + step)));
            at += step;
          }
          const last = chunker.finish();
          if (last) found.push(last);
          expect(found.map(name)).toEqual(cut(bytes, length || 1, SMALL).map(name));
          expect(concatBytes(...found)).toEqual(bytes);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('agrees with a naive reading of the rule (format.md, 4)', () => {
    const bytes = noise(9, 200_000);
    const ends = naiveEnds(bytes, decideWith('k'));
    let at = 0;
    expect(cut(bytes, 7777, SMALL).map((piece) => (at += piece.length))).toEqual(ends);
  });

  it('is as new after finish, and says nothing for an empty stream', () => {
    const chunker = new Cutter(SMALL);
    expect(chunker.finish()).toBeUndefined();
    const bytes = noise(3, 30_000);
    const once = [...chunker.push(bytes), chunker.finish()].map((piece) => piece?.length);
    const again = [...chunker.push(bytes), chunker.finish()].map((piece) => piece?.length);
    expect(again).toEqual(once);
  });

  it('asks for few decisions on monotonous bytes, and cuts them at the largest size or sooner', () => {
    let asked = 0;
    for (let value = 0; value < 256; value++) {
      const slab = new Slab(2 * SMALL.max);
      const never = (): number => {
        asked++;
        return 0xffff_ffff;
      };
      const chunker = new Chunker(slab, never, SMALL);
      chunker.room().fill(value);
      const found = chunker.take(2 * SMALL.max);
      expect(found.map(({ start, end }) => end - start)).toEqual([SMALL.max, SMALL.max]);
    }
    expect(asked).toBeLessThan((256 * 2 * SMALL.max) / 8);
  });

  it('leaves a piece as it is until its slab is used again', () => {
    const [one, two] = [new Slab(SMALL.max + SMALL.min), new Slab(SMALL.max + SMALL.min)];
    const chunker = new Chunker(one, decideWith('k'), SMALL);
    const input = noise(4, 200_000);
    const room = chunker.room();
    room.set(input.subarray(0, room.length));
    const cuts = chunker.take(room.length);
    chunker.moveTo(two);
    const more = chunker.room();
    more.set(input.subarray(room.length, room.length + more.length));
    chunker.take(more.length);
    const seen = cuts.map(({ start, end }) => one.bytes.slice(start, end));
    expect(concatBytes(...seen)).toEqual(input.subarray(0, (cuts.at(-1)?.end ?? 0) - one.first));
  });

  it('scans with the module that gear-scan.wat describes', async () => {
    const wabt = await loadWabt();
    const text = fs.readFileSync(new URL('../../src/chunker/gear-scan.wat', import.meta.url), 'utf8');
    const module = wabt.parseWat('gear-scan.wat', text, { threads: true });
    expect(new Uint8Array(module.toBinary({}).buffer)).toEqual(GEAR_SCAN_BYTES);
  });
});

/** The rule as the document says it, without any of the speed: looks at every place anew. */
function naiveEnds(bytes: Uint8Array, decide: (window: Uint8Array) => number): number[] {
  const span = SMALL.average - SMALL.min;
  const bits = Math.floor(Math.log2(span)) - 4;
  const spacing = 2 ** bits / 8;
  const chance = ((2 ** bits + spacing) / span) * 2 ** 32;
  const turn = SMALL.min + Math.floor((span * 13) / 16);
  const ends: number[] = [];
  let start = 0;
  let eligible = SMALL.min;
  for (let place = 1; place <= bytes.length; place++) {
    const length = place - start;
    let taken = length === SMALL.max;
    if (length >= eligible && gearAt(bytes, place) >>> (32 - bits) === 0) {
      const decision = decide(bytes.subarray(place - 64, place));
      if (decision < Math.floor(length < turn ? chance / 2 : chance * 2)) taken = true;
      else eligible = length + spacing;
    }
    if (!taken) continue;
    ends.push(place);
    start = place;
    eligible = SMALL.min;
  }
  return ends.at(-1) === bytes.length ? ends : [...ends, bytes.length];
}

function gearAt(bytes: Uint8Array, place: number): number {
  let hash = 0;
  for (let i = place - 32; i < place; i++) hash = ((hash << 1) + (GEAR_TABLE[bytes[i] ?? 0] ?? 0)) | 0;
  return hash >>> 0;
}
