import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bitsIn, type ExportPlanInput, planExport, roomOf } from '../../src/policy/export-plan.ts';

const plan = (input: Partial<ExportPlanInput> & Pick<ExportPlanInput, 'sizes' | 'places'>) =>
  planExport({ held: input.sizes.length === 0 ? [] : Array.from(input.sizes, () => 0), copies: 1, ...input });
const place = (freeBytes: number, unitBytes = 1) => ({ freeBytes, unitBytes });

describe('which folder gets which chunk', () => {
  it('fills folders of different sizes together, by the room that is left', () => {
    const { bytes, copiesMissing } = plan({
      sizes: Array.from({ length: 30 }, () => 10),
      places: [place(100), place(200)],
    });
    expect(copiesMissing).toBe(0);
    expect(bytes).toEqual([100, 200]);
  });

  it('never puts two copies of a chunk into one folder', () => {
    const { targets, copiesMissing } = plan({
      sizes: [5, 5, 5],
      places: [place(1000), place(10)],
      copies: 2,
    });
    expect([...targets]).toEqual([3, 3, 1]);
    expect(copiesMissing).toBe(1);
  });

  it('counts what is there: a second run plans only what is new', () => {
    const { targets, copiesPlanned } = plan({
      sizes: [7, 7, 7],
      held: [3, 1, 0],
      places: [place(100), place(90)],
      copies: 2,
    });
    expect([...targets]).toEqual([0, 2, 3]);
    expect(copiesPlanned).toBe(3);
  });

  it('says how much room is missing', () => {
    const { copiesMissing, bytesMissing } = plan({
      sizes: [40_000, 40_000, 40_000],
      places: [place(65_536, 32_768), place(10, 32_768)],
    });
    expect(copiesMissing).toBe(2);
    expect(bytesMissing).toBe(2 * 65_536);
  });

  it('gives each folder everything when there are as many folders as copies, and asks for no more', () => {
    expect([...plan({ sizes: [1], places: [place(9), place(9)], copies: 5 }).targets]).toEqual([3]);
  });

  it('puts nothing uncounted into a bucket of endless room before the sticks are used up', () => {
    const { bytes } = plan({ sizes: [10, 10], places: [place(Number.POSITIVE_INFINITY), place(50)] });
    expect(bytes).toEqual([20, 0]);
  });

  it('exceeds no room, and fits whatever surely fits', () => {
    const inputs = fc.record({
      sizes: fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 60 }),
      rooms: fc.array(fc.integer({ min: 0, max: 2000 }), { minLength: 1, maxLength: 5 }),
      copies: fc.integer({ min: 1, max: 3 }),
      unit: fc.constantFrom(1, 8),
    });
    fc.assert(
      fc.property(inputs, ({ sizes, rooms, copies, unit }) => {
        const places = rooms.map((room) => place(room, unit));
        const { targets, bytes, copiesPlanned, copiesMissing } = plan({ sizes, places, copies });
        const wanted = Math.min(copies, places.length);
        const spent = places.map((facts, at) =>
          sizes.reduce((sum, size, i) => sum + (((targets[i] ?? 0) >> at) & 1) * roomOf(size, facts), 0),
        );
        expect(spent).toEqual(bytes);
        spent.forEach((used, at) => {
          expect(used).toBeLessThanOrEqual(rooms[at] ?? 0);
        });
        expect(copiesPlanned + copiesMissing).toBe(wanted * sizes.length);
        for (const mask of targets) expect(bitsIn(mask)).toBeLessThanOrEqual(wanted);
        // Copies on different folders: a folder is worth at most one copy of everything, and a chunk's rounding may be lost in each.
        const total = sizes.reduce((sum, size) => sum + roomOf(size, { unitBytes: unit }), 0);
        const worth = rooms.reduce((sum, room) => sum + Math.min(Math.max(0, room - 56), total), 0);
        if (worth >= wanted * total + 56 * places.length) expect(copiesMissing).toBe(0);
      }),
    );
  });
});
