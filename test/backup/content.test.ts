/** Files become bundled, cut or listed pieces by what is read from them, not by what their size claims (C2, C3); threads and the rehearsal alike. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  ContentWriter,
  fullBundleBytes,
  readOf,
  type SmallFileRead,
} from '../../src/backup/content-writer.ts';
import type { Crew } from '../../src/backup/crew.ts';
import type { FileSource, SourceFile } from '../../src/backup/file-source.ts';
import { inlineCrew } from '../../src/backup/inline-crew.ts';
import { LargeFiles } from '../../src/backup/large-files.ts';
import { nodeFileSource } from '../../src/backup/node-file-source.ts';
import { OpenedChunks } from '../../src/backup/opened-chunks.ts';
import { Pacer } from '../../src/backup/pacer.ts';
import { type ContentPart, placeOf } from '../../src/backup/pending-chunk.ts';
import { Uploader } from '../../src/backup/upload.ts';
import { workerCrew } from '../../src/backup/worker-crew.ts';
import type { ChunkSizes } from '../../src/chunker/chunk-sizes.ts';
import { decodeContentList } from '../../src/format/content-list.ts';
import { ChunkKind } from '../../src/format/kinds.ts';
import { bytesEqual, concatBytes, toHex, utf8 } from '../../src/model/bytes.ts';
import { KiB, MiB } from '../../src/model/units.ts';
import { SeededRandom } from '../../src/runtime/seeded-random.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import { MemoryStore } from '../../src/store/memory-store.ts';
import { VaultState } from '../../src/vault/vault-state.ts';
import { KEYS } from './rehearsal.ts';
import { temporaryFolder } from './temporary-folder.ts';

const random = new SeededRandom('content');
const CREWS = [
  ['in place', inlineCrew],
  ['of threads', workerCrew],
] as const;

/** A file that gives at most `step` bytes at a time and claims nothing about its size. */
function fileOf(content: Uint8Array, step = 100 * KiB): SourceFile {
  return {
    stat: () => {
      throw new Error('nobody asks');
    },
    read: (into, position) => {
      const part = content.subarray(position, position + Math.min(step, into.length));
      into.set(part);
      return part.length;
    },
    close: () => undefined,
  };
}

class Bench {
  readonly store: MemoryStore = new MemoryStore('m');
  readonly source: FileSource = nodeFileSource();
  readonly folder: string = temporaryFolder();
  readonly crew: Crew;
  readonly uploader: Uploader;
  readonly content: ContentWriter;
  readonly chunks: OpenedChunks = new OpenedChunks(this.store, KEYS);
  readonly large: LargeFiles;

  constructor(makeCrew: typeof inlineCrew = inlineCrew, sizes?: ChunkSizes) {
    const state = VaultState.open(':memory:', { vault: KEYS.vault, device: new Uint8Array(32) });
    this.uploader = new Uploader({ store: this.store, state, clock: systemClock });
    this.crew = makeCrew(this.source, KEYS, { bundleBytes: fullBundleBytes() });
    this.content = new ContentWriter({
      crew: this.crew,
      sink: this.uploader,
      find: (kind, id) => state.chunks.reuse(kind, id),
    });
    const pacer = new Pacer(systemClock);
    const { content } = this;
    this.large = new LargeFiles({
      keys: KEYS,
      content,
      pacer,
      onBytes: () => undefined,
      ...(sizes ? { sizes } : {}),
    });
    onTestFinished(async () => {
      await this.crew.close();
      state.close();
    });
  }

  write(name: string, bytes: Uint8Array): string {
    const file = path.join(this.folder, name);
    fs.writeFileSync(file, bytes);
    return file;
  }

  /** Gives the file to the crew as the walk does. */
  async small(file: string, seen = this.source.look(file)): Promise<() => Promise<SmallFileRead>> {
    const slot = await this.content.small({ path: file, seen });
    return () => readOf(slot);
  }

  async settle(): Promise<void> {
    await this.content.flush();
    await this.uploader.drain();
  }

  async bytesOf(parts: readonly ContentPart[], indirect = false): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    for (const part of parts) {
      const place = await placeOf(part);
      const bytes = await this.chunks.bytes(indirect ? ChunkKind.list : ChunkKind.content, place);
      const refs = indirect ? decodeContentList(bytes) : [];
      for (const ref of refs) pieces.push(await this.chunks.bytes(ChunkKind.content, ref));
      if (!indirect) pieces.push(bytes);
    }
    return concatBytes(...pieces);
  }
}

describe.each(CREWS)('a crew %s', (_name, makeCrew) => {
  it('reads small files whole: what was read, its id, its stat data; and what failed', async () => {
    const bench = new Bench(makeCrew);
    const contents = [0, 1, 1000, 100 * KiB, 256 * KiB - 1].map((size) => random.bytes(size));
    const files = contents.map((bytes, i) => bench.write(`file ${i} \u00e4`, bytes));
    const names = files.map((file) => Buffer.from(file).toString('latin1'));
    const slots = [];
    for (const name of names) slots.push(await bench.small(name));
    const missing = await bench.small(`${bench.folder}/missing`, bench.source.look(names[1] ?? ''));
    await bench.settle();
    for (const [i, slot] of slots.entries()) {
      const { outcome, part } = await slot();
      expect(outcome).toMatchObject({ kind: 'read', length: contents[i]?.length, changed: false });
      expect(outcome.kind === 'read' && outcome.stat).toEqual(bench.source.stat(names[i] ?? ''));
      expect(bytesEqual(await bench.bytesOf(part ? [part] : []), contents[i] ?? new Uint8Array(1))).toBe(
        true,
      );
    }
    expect((await missing()).outcome).toMatchObject({ kind: 'failed', error: { code: 'not-found' } });
  });

  it('reads what a file has become since it was seen, and says when it has outgrown a bundle', async () => {
    const bench = new Bench(makeCrew);
    const [shrunk, grown, outgrown] = ['shrunk', 'grown', 'outgrown'].map((name) =>
      bench.write(name, random.bytes(5000)),
    );
    const seen = bench.source.look(shrunk ?? '');
    fs.truncateSync(shrunk ?? '', 10);
    fs.appendFileSync(grown ?? '', random.bytes(7000));
    fs.appendFileSync(outgrown ?? '', random.bytes(300 * KiB));
    const slots = [];
    for (const file of [shrunk, grown, outgrown]) slots.push(await bench.small(file ?? '', seen));
    await bench.settle();
    const reads = await Promise.all(slots.map((slot) => slot()));
    expect(reads.map(({ outcome }) => outcome.kind)).toEqual(['read', 'read', 'large']);
    for (const [i, file] of [shrunk, grown].entries())
      expect(await bench.bytesOf([reads[i]?.part as ContentPart])).toEqual(
        new Uint8Array(fs.readFileSync(file ?? '')),
      );
  });

  it('reads files of the kernel, which claim to have no bytes', async () => {
    const bench = new Bench(makeCrew);
    const slot = await bench.small('/proc/self/status');
    await bench.settle();
    const { part } = await slot();
    expect(Buffer.from(await bench.bytesOf(part ? [part] : [])).toString()).toMatch(/^Name:/);
  });

  it('lays many small files into few chunks, and equal ones once (C3)', async () => {
    const bench = new Bench(makeCrew);
    const slots = [];
    for (let i = 0; i < 600; i++)
      slots.push(await bench.small(bench.write(`f${i}`, utf8(`file ${i % 300}`))));
    await bench.settle();
    expect(bench.store.usage().chunks).toBeLessThanOrEqual(bench.crew.hands);
    const parts = (await Promise.all(slots.map((slot) => slot()))).flatMap(({ part }) =>
      part ? [part] : [],
    );
    for (const [i, part] of parts.entries())
      expect(Buffer.from(await bench.bytesOf([part])).toString()).toBe(`file ${i % 300}`);
  });

  it('cuts and seals large files at every size around the bounds (C2)', async () => {
    const bench = new Bench(makeCrew);
    for (const size of [0, 1, 1000, 256 * KiB, 256 * KiB + 1, 1 * MiB, 20 * MiB]) {
      const bytes = random.bytes(size);
      const read = await bench.large.read(fileOf(bytes));
      const { parts } = await read.content;
      await bench.settle();
      expect(read.size).toBe(size);
      expect(bytesEqual(await bench.bytesOf(parts), bytes)).toBe(true);
    }
  });

  it('makes the same bytes as any other, so that a chunk has one name wherever it was sealed (C5)', async () => {
    const bench = new Bench(makeCrew);
    const reference = new Bench(inlineCrew);
    for (const plain of [utf8('x'), utf8('text '.repeat(50_000)), random.bytes(300 * KiB)]) {
      const one = await bench.crew.seal(ChunkKind.tree, plain.slice());
      const other = await reference.crew.seal(ChunkKind.tree, plain.slice());
      expect(toHex(one.digest)).toBe(toHex(other.digest));
    }
  });

  it('answers nothing any more when it was closed, and leaves nobody waiting', async () => {
    const bench = new Bench(makeCrew);
    const file = bench.write('one', utf8('one'));
    const asked = bench.crew.gather(0, [{ path: file, seen: bench.source.look(file) }]);
    await Promise.all([
      asked.catch((error: unknown) => expect(error).toMatchObject({ code: 'closed' })),
      bench.crew.close(),
    ]);
    await expect(bench.crew.gather(0, [])).rejects.toMatchObject({ code: 'closed' });
  });
});

describe('a large file', () => {
  it('moves into lists when a tree entry cannot carry its references (C6)', async () => {
    const bench = new Bench(inlineCrew, { min: 1 * KiB, average: 2.5 * KiB, max: 8 * KiB });
    const bytes = random.bytes(4 * MiB);
    const { size, content } = await bench.large.read(fileOf(bytes));
    const { parts, indirect } = await content;
    await bench.settle();
    expect({ size, indirect, parts: parts.length }).toEqual({ size: bytes.length, indirect: true, parts: 1 });
    expect(bytesEqual(await bench.bytesOf(parts, true), bytes)).toBe(true);
  });

  it('that fails in the middle leaves no trace for the next one, and no memory in use', async () => {
    const bench = new Bench();
    const broken = fileOf(random.bytes(10 * MiB));
    const failing: SourceFile = {
      ...broken,
      read: (into, position) => {
        if (position > 9 * MiB) throw new Error('bad sector');
        return broken.read(into, position);
      },
    };
    for (let i = 0; i < 6; i++) await expect(bench.large.read(failing)).rejects.toThrow('bad sector');
    const bytes = random.bytes(12 * MiB);
    const { content } = await bench.large.read(fileOf(bytes));
    const { parts } = await content;
    await bench.settle();
    expect(bytesEqual(await bench.bytesOf(parts), bytes)).toBe(true);
  });
});
