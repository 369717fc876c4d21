import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { digestOf } from '../../src/crypto/digest.ts';
import { compareBytes, utf8 } from '../../src/model/bytes.ts';
import { type Digest, groupOf, keyOf } from '../../src/model/ids.ts';
import { NO_DEVICES, withDevice, withoutDevice } from '../../src/store/device-list.ts';
import { HolderBooks } from '../../src/store/holder-books.ts';
import type { AppliedEntry, VaultBooks } from '../../src/store/vault-books.ts';
import { expectSameBooks, type NaiveFile, naiveBooks } from './naive-books.ts';

const VAULT = new Uint8Array(32).fill(1);
const nameOf = (what: string, n: number): Uint8Array => digestOf(utf8(`${what} ${n}`));
const chunk = (n: number): Digest => nameOf('chunk', n);
const device = (n: number): Uint8Array => nameOf('device', n);
const fresh = (): VaultBooks => {
  const books = HolderBooks.open();
  books.built();
  return books.vault(VAULT);
};
const hashOf = (entry: AppliedEntry): Digest =>
  digestOf(utf8(JSON.stringify([...entry.device, entry.sequence, entry.adds, entry.drops, entry.retires])));
const apply = (books: VaultBooks, entry: AppliedEntry): void => books.apply(entry, hashOf(entry));

/** Random logs of four devices over twelve chunks; now and then one device retires another. */
const someEntry = fc.record({
  by: fc.nat(3),
  adds: fc.array(fc.record({ which: fc.nat(11), size: fc.integer({ min: 1, max: 900 }) }), { maxLength: 4 }),
  drops: fc.array(fc.nat(11), { maxLength: 3 }),
  retires: fc.option(fc.nat(3), { freq: 12, nil: undefined }),
});
const someFile = fc.record({
  which: fc.nat(11),
  keeping: fc.constantFrom('absent' as const, 'kept' as const, 'trash' as const),
  size: fc.integer({ min: 1, max: 900 }),
  sinceMs: fc.nat(1000),
});
const someSteps = fc.array(fc.oneof({ weight: 2, arbitrary: someEntry }, someFile), { maxLength: 50 });
type Step = typeof someSteps extends fc.Arbitrary<(infer S)[]> ? S : never;

function entriesOf(steps: readonly Step[]): (AppliedEntry | NaiveFile)[] {
  const next = new Map<number, number>();
  return steps.map((step) => {
    if ('keeping' in step) return { ...step, digest: chunk(step.which) };
    const sequence = next.get(step.by) ?? 0;
    next.set(step.by, sequence + 1);
    const adds = step.adds.map(({ which, size }) => ({ digest: chunk(which), size }));
    const retires = step.retires === undefined ? undefined : { device: device(step.retires), next: 1 };
    return { device: device(step.by), sequence, adds, drops: step.drops.map(chunk), retires };
  });
}

const isFile = (step: AppliedEntry | NaiveFile): step is NaiveFile => 'keeping' in step;

function run(books: VaultBooks, steps: readonly (AppliedEntry | NaiveFile)[]): void {
  for (const step of steps) {
    if (isFile(step)) books.note(step.digest, step.keeping, step.size, step.sinceMs);
    else apply(books, step);
  }
}

describe('the books of a vault', () => {
  test('say after any logs and moves what a count by hand says (L1, L4)', () => {
    fc.assert(
      fc.property(someSteps, (arbitrary) => {
        const steps = entriesOf(arbitrary);
        const books = fresh();
        run(books, steps);
        const entries = steps.filter((step): step is AppliedEntry => !isFile(step));
        const files = new Map(steps.filter(isFile).map((file) => [keyOf(file.digest), file]));
        expectSameBooks(books, naiveBooks(entries as never, [...files.values()]));
      }),
      { numRuns: 300 },
    );
  });

  test('are the same in whatever order logs and files come, and when entries come again (L3)', () => {
    fc.assert(
      fc.property(someSteps, fc.boolean(), (arbitrary, filesFirst) => {
        const steps = entriesOf(arbitrary);
        const [one, other] = [fresh(), fresh()];
        run(one, steps);
        const files = steps.filter(isFile);
        const byDevice = steps
          .filter((step): step is AppliedEntry => !isFile(step))
          .toSorted((a, b) => Buffer.compare(b.device, a.device) || a.sequence - b.sequence);
        run(other, filesFirst ? [...files, ...byDevice] : [...byDevice, ...files]);
        run(other, byDevice);
        for (let n = 0; n < 12; n++) expect(other.of(chunk(n))).toEqual(one.of(chunk(n)));
        expect(other.counts()).toEqual(one.counts());
        expect(other.liveDigests()).toEqual(one.liveDigests());
        expect(other.keptDigests()).toEqual(one.keptDigests());
        expect(other.forked).toBe(false);
      }),
      { numRuns: 200 },
    );
  });

  test('give a device back what a retirement took whose own device was retired before it (L4)', () => {
    const steps: AppliedEntry[] = [
      { device: device(1), sequence: 0, adds: [{ digest: chunk(0), size: 5 }], drops: [] },
      { device: device(0), sequence: 0, adds: [{ digest: chunk(0), size: 5 }], drops: [] },
      { device: device(0), sequence: 1, adds: [], drops: [], retires: { device: device(1), next: 1 } },
      { device: device(2), sequence: 0, adds: [], drops: [], retires: { device: device(0), next: 1 } },
    ];
    const books = fresh();
    for (const step of steps.slice(0, 3)) apply(books, step);
    expect([books.of(chunk(0))?.live, books.retired(device(1))]).toEqual([true, { next: 1 }]);
    apply(books, steps[3] ?? { device: device(2), sequence: 0, adds: [], drops: [] });
    expect(books.of(chunk(0))?.live).toBe(true);
    expect([books.retired(device(0)), books.retired(device(1))]).toEqual([{ next: 1 }, undefined]);
    expect(books.counts()).toMatchObject({ live: 1, missing: 1 });
  });

  test('keep vaults apart', () => {
    const holder = HolderBooks.open();
    const [one, two] = [holder.vault(VAULT), holder.vault(new Uint8Array(32).fill(2))];
    apply(one, { device: device(0), sequence: 0, adds: [{ digest: chunk(0), size: 5 }], drops: [] });
    two.note(chunk(0), 'kept', 7, 1);
    expect(one.of(chunk(0))).toMatchObject({ live: true, keeping: 'absent', size: 5 });
    expect(two.of(chunk(0))).toMatchObject({ live: false, keeping: 'kept', size: 7 });
    expect(holder.vault(VAULT)).toBe(one);
  });

  test('list a page at a time, in order', () => {
    const books = fresh();
    const adds = Array.from({ length: 2000 }, (_, n) => ({ digest: chunk(n), size: 1 }));
    apply(books, { device: device(0), sequence: 0, adds, drops: [] });
    for (const group of [0, 7, 255]) {
      const all = adds.map(({ digest }) => digest).filter((digest) => groupOf(digest) === group);
      const paged: Digest[] = [];
      for (;;) {
        const page = books.missing(group, 3, paged.at(-1));
        if (page.length === 0) break;
        paged.push(...page.map(({ digest }) => digest));
      }
      expect(paged).toEqual(all.toSorted(compareBytes));
    }
  });

  test('choose a kept chunk by a number, each sooner or later, and none when there is none (R4)', () => {
    const books = fresh();
    expect(books.sampleKept(0.5)).toBeUndefined();
    for (let n = 0; n < 20; n++) books.note(chunk(n), 'kept', 10, 0);
    expect(books.sampleKept(0.5)).toBeUndefined();
    const adds = Array.from({ length: 10 }, (_, n) => ({ digest: chunk(n), size: 10 }));
    apply(books, { device: device(0), sequence: 0, adds, drops: [] });
    const seen = new Set<string>();
    for (let i = 0; i <= 1000; i++) seen.add(keyOf(books.sampleKept(i / 1000)?.digest ?? VAULT));
    expect(seen).toEqual(new Set(adds.map(({ digest }) => keyOf(digest))));
    expect(books.sampleKept(0.25)).toEqual(books.sampleKept(0.25));
  });

  test('notice another entry in a place that was applied, and then only add (L3)', () => {
    const books = fresh();
    const first = { device: device(0), sequence: 0, drops: [] };
    apply(books, { ...first, adds: [{ digest: chunk(0), size: 1 }] });
    apply(books, { ...first, adds: [{ digest: chunk(1), size: 1 }], drops: [chunk(0)] });
    expect(books.forked).toBe(true);
    expect([books.of(chunk(0))?.live, books.of(chunk(1))?.live]).toEqual([true, true]);
  });

  test('cannot be used once they are closed', () => {
    const holder = HolderBooks.open();
    const books = holder.vault(VAULT);
    holder.close();
    holder.close();
    expect(() => books.note(chunk(0), 'kept', 1, 0)).toThrow(expect.objectContaining({ code: 'closed' }));
  });
});

describe('a list of devices', () => {
  test('is a sorted set', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(70_000))), (steps) => {
        const set = new Set<number>();
        let list = NO_DEVICES;
        for (const [comes, no] of steps) {
          list = comes ? withDevice(list, no) : withoutDevice(list, no);
          if (comes) set.add(no);
          else set.delete(no);
        }
        const numbers = Array.from({ length: list.length / 4 }, (_, i) =>
          new DataView(list.buffer, list.byteOffset + i * 4).getUint32(0),
        );
        expect(numbers).toEqual([...set].toSorted((a, b) => a - b));
      }),
    );
  });
});
