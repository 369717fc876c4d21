/** The real disk: what `write` acknowledged survives a power cut, and no reader ever sees half a file (L5). */
import fs from 'node:fs';
import { open, readdir, rename, rm, statfs, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { VaultError } from '../model/errors.ts';
import { BlockWriter } from './block-writer.ts';
import type { Disk, DiskSpace, FileStat } from './disk.ts';
import { fillFile } from './fill-file.ts';
import { syncFolder } from './folder-sync.ts';
import { makeFolders } from './make-folders.ts';
import { systemClock } from './system-clock.ts';

/** Temporary files are `.<name>.<pid>-<n>.part`; nothing else may end like this. */
const PARTIAL = /^\..*\.\d+-\d+\.part$/;
let serial = 0;

const opened = promisify(fs.open);
const readFrom = promisify(fs.read);
const looked = promisify(fs.stat);

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : '';
}

function ioError(doing: string, path: string, cause: unknown): VaultError {
  if (cause instanceof VaultError) return cause;
  const code = codeOf(cause);
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new VaultError(
      'no-space',
      `the disk is full: could not ${doing} ${path}; nothing was changed there`,
      {
        hint: 'Free some space or give the folder a larger disk, then try again.',
        data: { path, code },
        cause,
      },
    );
  }
  const why = cause instanceof Error ? cause.message : String(cause);
  return new VaultError('io', `could not ${doing} ${path}: ${why}`, { data: { path, code }, cause });
}

async function guarded<T>(doing: string, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw ioError(doing, path, cause);
  }
}

/** `undefined` when the file or folder is absent. */
async function ifPresent<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return undefined;
    throw cause;
  }
}

/** Folders made a moment ago whose names are not durable in their parents yet. */
const unsettled = new Map<string, Promise<void>>();

/** Makes `folder` and its missing ancestors, each durable in its parent. */
async function makeFolder(folder: string): Promise<void> {
  const first = makeFolders(folder, 0o700);
  if (first === undefined) return;
  const made: string[] = [];
  for (let at = folder; made.at(-1) !== first && at !== dirname(at); at = dirname(at)) made.push(at);
  const done = syncParents(made);
  for (const each of made) unsettled.set(each, done);
  try {
    await done;
  } finally {
    for (const each of made) unsettled.delete(each);
  }
}

async function syncParents(folders: readonly string[]): Promise<void> {
  for (const folder of folders) await syncFolder(dirname(folder));
}

/** Waits until `folder` is durable itself: another write may have made it, and still be at that. */
async function settled(folder: string): Promise<void> {
  for (let at = folder; unsettled.size > 0; at = dirname(at)) {
    await unsettled.get(at);
    if (at === dirname(at)) return;
  }
}

/** `work` makes a file in `folder`: when that is missing it is made first. */
async function inFolder<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (codeOf(cause) !== 'ENOENT') throw cause;
  }
  await makeFolder(folder);
  return work();
}

async function readBounded(path: string, maxBytes: number): Promise<Uint8Array> {
  const descriptor = await opened(path, 'r');
  try {
    const { size } = fs.fstatSync(descriptor); // the system has just looked it up
    if (size > maxBytes) {
      throw new VaultError('corrupt', `${path} has ${size} bytes, more than the ${maxBytes} it can have`, {
        data: { path, size, maxBytes },
      });
    }
    return await readAll(descriptor, size);
  } finally {
    fs.closeSync(descriptor);
  }
}

/** What is there of `size` bytes: the file may have become shorter. */
async function readAll(descriptor: number, size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(Buffer.allocUnsafeSlow(size).buffer);
  let at = 0;
  while (at < size) {
    const { bytesRead } = await readFrom(descriptor, bytes, at, size - at, at);
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  return at === size ? bytes : bytes.slice(0, at);
}

async function sweepFolder(folder: string): Promise<number> {
  const entries = (await ifPresent(() => readdir(folder, { withFileTypes: true }))) ?? [];
  let removed = 0;
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) removed += await sweepFolder(path);
    else if (PARTIAL.test(entry.name)) {
      await rm(path, { force: true });
      removed++;
    }
  }
  return removed;
}

/** Room on the disk that holds `path`, or would hold it: the nearest folder that exists is asked. */
async function spaceAt(path: string): Promise<DiskSpace> {
  for (let at = path; ; at = dirname(at)) {
    const found = await ifPresent(() => statfs(at));
    if (found) return { totalBytes: found.blocks * found.bsize, freeBytes: found.bavail * found.bsize };
    if (at === dirname(at)) throw new VaultError('io', `no disk at ${path}`);
  }
}

async function write(
  blocks: BlockWriter,
  path: string,
  parts: readonly Uint8Array[],
  mode: number,
): Promise<void> {
  const partial = join(dirname(path), `.${basename(path)}.${process.pid}-${serial++}.part`);
  const bytes = parts.reduce((sum, part) => sum + part.length, 0);
  try {
    await inFolder(dirname(path), async () => {
      if (blocks.fits(bytes) && (await blocks.write(partial, parts, bytes, mode))) return;
      await fillFile(await opened(partial, 'wx', mode), parts);
    });
    await rename(partial, path);
  } catch (cause) {
    await rm(partial, { force: true }).catch(() => undefined); // the first failure is the one to tell; sweep finds the rest
    throw cause;
  }
  await syncFolder(dirname(path));
  await settled(dirname(path));
}

async function move(from: string, to: string): Promise<void> {
  await makeFolder(dirname(to));
  await rename(from, to);
  await syncFolder(dirname(to));
  await settled(dirname(to));
  if (dirname(from) !== dirname(to)) await syncFolder(dirname(from));
}

/** The system's own now, so that it fits the times that writes give. */
async function touch(path: string, durable: boolean): Promise<boolean> {
  const handle = await ifPresent(() => open(path, 'r+'));
  if (!handle) return false;
  try {
    const now = new Date(systemClock.now());
    await handle.utimes(now, now);
    if (durable) await handle.sync();
  } finally {
    await handle.close();
  }
  return true;
}

async function remove(path: string): Promise<void> {
  const done = await ifPresent(async () => {
    await unlink(path);
    return true;
  });
  if (done) await syncFolder(dirname(path));
}

async function statOf(path: string): Promise<FileStat | undefined> {
  const found = await ifPresent(() => looked(path));
  return found && { size: found.size, modifiedMs: found.mtimeMs };
}

/** New files are private (mode 0600, folders 0700) unless `mode` says otherwise. */
export function nodeDisk(blocks: BlockWriter = new BlockWriter()): Disk {
  return {
    read: (path, maxBytes = Number.MAX_SAFE_INTEGER) =>
      guarded('read', path, () => ifPresent(() => readBounded(path, maxBytes))),
    write: (path, parts, options) =>
      guarded('write', path, () => write(blocks, path, parts, options?.mode ?? 0o600)),
    move: (from, to) => guarded('move', from, () => move(from, to)),
    touch: (path, options) => guarded('touch', path, () => touch(path, options?.durable ?? false)),
    remove: (path) => guarded('remove', path, () => remove(path)),
    stat: (path) => guarded('look at', path, () => statOf(path)),
    list: (path) => guarded('list', path, async () => ((await ifPresent(() => readdir(path))) ?? []).sort()),
    sweep: (path) => guarded('tidy', path, () => sweepFolder(path)),
    space: (path) => guarded('measure', path, () => spaceAt(path)),
  };
}
