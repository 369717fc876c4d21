/** Files become bundled, cut or listed pieces by what is read from them, not by what their size claims (C2, C3). */
import { describe, expect, it, onTestFinished } from 'vitest';
import { BundleWriter } from '../../src/backup/bundle-writer.ts';
import { type FileContent, FileReader } from '../../src/backup/file-content.ts';
import type { SourceFile } from '../../src/backup/file-source.ts';
import { inlineSealer } from '../../src/backup/inline-sealer.ts';
import { OpenedChunks } from '../../src/backup/opened-chunks.ts';
import { Pacer } from '../../src/backup/pacer.ts';
import { placeOf } from '../../src/backup/pending-chunk.ts';
import { poolSealer } from '../../src/backup/pool-sealer.ts';
import { Uploader } from '../../src/backup/upload.ts';
import type { BlobRef } from '../../src/format/blob-ref.ts';
import { decodeContentList } from '../../src/format/content-list.ts';
import { ChunkKind } from '../../src/format/kinds.ts';
import { bytesEqual, concatBytes, toHex, utf8 } from '../../src/model/bytes.ts';
import { KiB, MiB } from '../../src/model/units.ts';
import { SeededRandom } from '../../src/runtime/seeded-random.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import { MemoryStore } from '../../src/store/memory-store.ts';
import { VaultState } from '../../src/vault/vault-state.ts';
import { KEYS } from './rehearsal.ts';

const random = new SeededRandom('file-content');

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
  readonly uploader: Uploader;
  readonly bundles: BundleWriter;
  readonly chunks: OpenedChunks = new OpenedChunks(this.store, KEYS);
  readonly #sizes: { min: number; average: number; max: number } | undefined;

  constructor(sizes?: { min: number; average: number; max: number }) {
    const state = VaultState.open(':memory:', { vault: KEYS.vault, device: new Uint8Array(32) });
    onTestFinished(() => state.close());
    this.uploader = new Uploader({ store: this.store, sealer: inlineSealer(KEYS), state });
    const find = (kind: ChunkKind, id: Uint8Array): BlobRef | undefined => state.chunks.reuse(kind, id);
    this.bundles = new BundleWriter({ keys: KEYS, sink: this.uploader, find });
    this.#sizes = sizes;
  }

  reader(): FileReader {
    const pacer = new Pacer(systemClock);
    const sizes = this.#sizes ? { sizes: this.#sizes } : {};
    return new FileReader({ keys: KEYS, bundles: this.bundles, pacer, onBytes: () => undefined, ...sizes });
  }

  async settle(): Promise<void> {
    await this.bundles.close();
    await this.uploader.drain();
  }

  async bytesOf({ parts, indirect }: FileContent): Promise<Uint8Array> {
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

describe('what is read from a file', () => {
  it('comes back whole at every size around the bounds', async () => {
    const bench = new Bench();
    const reader = bench.reader();
    for (const size of [0, 1, 1000, 256 * KiB - 1, 256 * KiB, 256 * KiB + 1, 1 * MiB, 3 * MiB]) {
      const bytes = random.bytes(size);
      const content = await reader.read(fileOf(bytes));
      await bench.settle();
      expect(content.size).toBe(size);
      expect(bytesEqual(await bench.bytesOf(content), bytes)).toBe(true);
    }
  });

  it('travels in one chunk with its neighbours when it is small (C3)', async () => {
    const bench = new Bench();
    const reader = bench.reader();
    for (let i = 0; i < 500; i++) await reader.read(fileOf(utf8(`file ${i}`)));
    await bench.settle();
    expect(bench.store.usage().chunks).toBe(1);
  });

  it('moves into lists when a tree entry cannot carry its references (C6)', async () => {
    const bench = new Bench({ min: 1 * KiB, average: 2.5 * KiB, max: 8 * KiB });
    const bytes = random.bytes(4 * MiB);
    const content = await bench.reader().read(fileOf(bytes));
    await bench.settle();
    expect(content).toMatchObject({ size: bytes.length, indirect: true });
    expect(content.parts).toHaveLength(1);
    expect(bytesEqual(await bench.bytesOf(content), bytes)).toBe(true);
  });

  it('leaves no trace of a file that fails in the middle for the next one', async () => {
    const bench = new Bench();
    const reader = bench.reader();
    const broken = fileOf(random.bytes(2 * MiB));
    const failing: SourceFile = {
      ...broken,
      read: (into, position) => {
        if (position > 1 * MiB) throw new Error('bad sector');
        return broken.read(into, position);
      },
    };
    await expect(reader.read(failing)).rejects.toThrow('bad sector');
    const bytes = random.bytes(2 * MiB);
    const content = await reader.read(fileOf(bytes));
    await bench.settle();
    expect(bytesEqual(await bench.bytesOf(content), bytes)).toBe(true);
  });
});

describe('the two sealers', () => {
  it('make the same bytes, so that a chunk has one name wherever it was sealed (C5)', async () => {
    const noise = random.bytes(300 * KiB);
    for (const plain of [utf8('x'), utf8('text '.repeat(50_000)), noise]) {
      const inline = await inlineSealer(KEYS).seal(ChunkKind.content, plain);
      const pooled = await poolSealer(KEYS).seal(ChunkKind.content, plain);
      expect(toHex(pooled.digest)).toBe(toHex(inline.digest));
    }
  });
});
