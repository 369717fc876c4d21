/** Places that fill up, break and lie, on rehearsed disks, for tests of exports. */

import type { ExportPlace } from '../../src/export/export-place.ts';
import { ExportStore } from '../../src/export/export-store.ts';
import { FolderPlace } from '../../src/export/folder-place.ts';
import { VaultError } from '../../src/model/errors.ts';
import { MemoryDisk } from '../../src/runtime/memory-disk.ts';
import { MemoryStore } from '../../src/store/memory-store.ts';
import { sampleChunks } from '../conformance/chunk-store.ts';

export const VAULT: Uint8Array = new Uint8Array(32).fill(9);

export interface RigPlace {
  readonly place: ExportPlace;
  readonly store: ExportStore;
  readonly disk: MemoryDisk;
}

export interface Trouble {
  /** Says 'no-space' after so many files of chunks. */
  readonly fullAfter?: number;
  /** Says 'io' after so many. */
  readonly pulledAfter?: number;
  /** Keeps other bytes than it was given, as fake sticks do. */
  readonly forgets?: boolean;
}

export function rigPlace(name: string, trouble: Trouble = {}): RigPlace {
  const disk = new MemoryDisk();
  const folder = new FolderPlace(disk, `/${name}`);
  const { fullAfter = Number.POSITIVE_INFINITY, pulledAfter = Number.POSITIVE_INFINITY, forgets } = trouble;
  let files = 0;
  const place: ExportPlace = {
    name: folder.name,
    read: (file, maxBytes, wait) => folder.read(file, maxBytes, wait),
    write: async (file, bytes, wait) => {
      if (files >= fullAfter) throw new VaultError('no-space', `${name} is full`);
      if (files >= pulledAfter) throw new VaultError('io', `${name} was pulled out`);
      files++;
      await folder.write(file, forgets ? new Uint8Array(bytes.length) : bytes, wait);
    },
    remove: (file) => folder.remove(file),
    list: (each) => folder.list(each),
    room: () => folder.room(),
    tidy: (each) => folder.tidy(each),
  };
  return { place, store: new ExportStore(place, VAULT), disk };
}

/** A store with `count` chunks, and what a log would say of them. */
export async function sourceOf(count: number): Promise<{
  readonly reader: MemoryStore;
  readonly chunks: readonly { readonly digest: Uint8Array; readonly size: number }[];
}> {
  const reader = new MemoryStore('mesh');
  const samples = sampleChunks(count);
  for (const chunk of samples) await reader.put(chunk);
  return { reader, chunks: samples.map(({ digest, bytes }) => ({ digest, size: bytes.length })) };
}
