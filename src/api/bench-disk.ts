/** How fast a folder's disk writes, durably, and reads; the file that is used has no name, so nothing stays whatever happens. */
import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import path from 'node:path';
import { nativeFiles } from '../backup/native-files.ts';
import { KiB, MiB } from '../model/units.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Disk } from '../runtime/disk.ts';
import type { DiskBench } from './bench-types.ts';

const SAMPLE_BYTES: number = 256 * MiB;
const LEAST_BYTES: number = 16 * MiB;
/** Of the room that there is. */
const MOST_SHARE = 0.1;
const SLICE_BYTES: number = 1024 * KiB;

export interface DiskBenchParts {
  readonly folder: string;
  readonly disk: Disk;
  readonly clock: Clock;
  /** At least SLICE_BYTES. */
  readonly sample: Uint8Array;
  /** A slow disk is known after so long, each way. */
  readonly ms: number;
  readonly signal?: AbortSignal;
}

export async function benchDisk(parts: DiskBenchParts): Promise<DiskBench> {
  const { folder, disk, signal } = parts;
  const { freeBytes } = await disk.space(folder);
  const most = Math.min(SAMPLE_BYTES, freeBytes * MOST_SHARE);
  const none = { folder, freeBytes, sampleBytes: 0, readFromMemory: false };
  if (most < LEAST_BYTES) return { ...none, trouble: 'too little room to measure' };
  try {
    const file = await namelessFile(folder);
    try {
      return { ...none, ...(await writeAndRead(file, most, parts)) };
    } finally {
      await file.close();
    }
  } catch (error) {
    signal?.throwIfAborted();
    return { ...none, trouble: error instanceof Error ? error.message : String(error) };
  }
}

async function namelessFile(folder: string): Promise<FileHandle> {
  const name = path.join(folder, `.vault-bench-${randomUUID()}`);
  const file = await open(name, 'wx+', 0o600);
  await rm(name, { force: true });
  return file;
}

async function writeAndRead(
  file: FileHandle,
  most: number,
  parts: DiskBenchParts,
): Promise<Pick<DiskBench, 'sampleBytes' | 'writeRate' | 'readRate' | 'readFromMemory'>> {
  const { clock, sample, ms, signal } = parts;
  const slices = Math.floor(sample.length / SLICE_BYTES);
  const writing = clock.monotonicMs();
  let sampleBytes = 0;
  while (sampleBytes + SLICE_BYTES <= most && clock.monotonicMs() - writing < ms) {
    signal?.throwIfAborted();
    const from = ((sampleBytes / SLICE_BYTES) % slices) * SLICE_BYTES;
    await file.write(sample, from, SLICE_BYTES, sampleBytes);
    sampleBytes += SLICE_BYTES;
  }
  await file.sync();
  const writeMs = clock.monotonicMs() - writing;
  const native = nativeFiles();
  native?.forget(file.fd);
  const into = new Uint8Array(SLICE_BYTES);
  const reading = clock.monotonicMs();
  let read = 0;
  while (read < sampleBytes && clock.monotonicMs() - reading < ms) {
    signal?.throwIfAborted();
    read += (await file.read(into, 0, SLICE_BYTES, read)).bytesRead;
  }
  const readMs = clock.monotonicMs() - reading;
  return {
    sampleBytes,
    writeRate: perSecond(sampleBytes, writeMs),
    readRate: perSecond(read, readMs),
    readFromMemory: native === undefined,
  };
}

export function perSecond(bytes: number, ms: number): number {
  return (bytes * 1000) / Math.max(ms, 0.001);
}
