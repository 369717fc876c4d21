/** A write is acknowledged when its folder is durable too, also when another write is the one that made the folder (L5). */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished, vi } from 'vitest';
import { nodeDisk } from '../../src/runtime/node-disk.ts';

/** The fsync of this folder waits for `opened`. */
const gate = vi.hoisted(() => ({ folder: '', opened: Promise.resolve(), waiting: 0 }));

vi.mock('../../src/runtime/folder-sync.ts', async (importActual) => {
  const actual = await importActual<typeof import('../../src/runtime/folder-sync.ts')>();
  const syncFolder: typeof actual.syncFolder = async (folder) => {
    if (folder === gate.folder) {
      gate.waiting++;
      await gate.opened;
    }
    await actual.syncFolder(folder);
  };
  return { ...actual, syncFolder };
});

it('waits for the fsync of a folder that another write has made', async () => {
  const root = await mkdtemp(join(tmpdir(), 'vault-disk-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const { promise, resolve } = Promise.withResolvers<void>();
  Object.assign(gate, { folder: root, opened: promise });
  const disk = nodeDisk();
  let acknowledged = 0;
  const write = async (name: string): Promise<void> => {
    await disk.write(join(root, 'new', 'deeper', name), [new Uint8Array(1)]);
    acknowledged++;
  };
  const first = write('first');
  await vi.waitFor(() => expect(gate.waiting).toBe(1));
  const second = write('second');
  await sleep(50);
  expect(acknowledged).toBe(0);
  resolve();
  await Promise.all([first, second]);
  expect(await disk.list(join(root, 'new', 'deeper'))).toEqual(['first', 'second']);
});
