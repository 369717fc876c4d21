/** A folder's names are durable when its sync resolves: one that had begun before is not enough (L5). */
import fs from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { syncFolder } from '../../src/runtime/folder-sync.ts';

/** Syncs that have begun, each of which ends when it is told to. */
const gate = vi.hoisted(() => ({ begun: [] as (() => void)[] }));

vi.mock('node:fs', async (importActual) => {
  const actual = await importActual<typeof import('node:fs')>();
  const fsync = (descriptor: number, done: (error: Error | null) => void): void => {
    gate.begun.push(() => actual.fsync(descriptor, done));
  };
  return { ...actual, default: { ...actual, fsync }, fsync };
});

beforeEach(() => {
  gate.begun.length = 0;
});

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'vault-sync-'));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

it('shares the next sync among all who ask while one is running, and never the running one', async () => {
  const path = await folder();
  const ended: string[] = [];
  const ask = (name: string): Promise<number> => syncFolder(path).then(() => ended.push(name));
  const first = ask('first');
  await vi.waitFor(() => expect(gate.begun.length).toBe(1));
  const others = ['second', 'third', 'fourth'].map(ask);
  gate.begun[0]?.();
  await first;
  expect(ended).toEqual(['first']);
  await vi.waitFor(() => expect(gate.begun.length).toBe(2));
  const late = ask('late');
  gate.begun[1]?.();
  await Promise.all(others);
  expect(ended).toEqual(['first', 'second', 'third', 'fourth']);
  await vi.waitFor(() => expect(gate.begun.length).toBe(3));
  gate.begun[2]?.();
  await late;
});

it('tells each who asks of a folder that cannot be synced, and goes on with the next', async () => {
  const path = join(await folder(), 'missing');
  for (const { status } of await Promise.allSettled([syncFolder(path), syncFolder(path)]))
    expect(status).toBe('rejected');
  fs.mkdirSync(path);
  const synced = syncFolder(path);
  await vi.waitFor(() => expect(gate.begun.length).toBe(1));
  gate.begun[0]?.();
  await synced;
});
