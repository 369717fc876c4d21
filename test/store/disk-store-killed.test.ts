import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { digestOf } from '../../src/crypto/digest.ts';
import { fromHex } from '../../src/model/bytes.ts';
import { cidText } from '../../src/model/ids.ts';
import { nodeDisk } from '../../src/runtime/node-disk.ts';
import { DiskStore } from '../../src/store/disk-store.ts';

const SCRIPT = join(import.meta.dirname, 'put-until-killed.ts');

/** Digests acknowledged by a process that was killed with SIGKILL right after the `acks`-th. */
async function putsOfKilledProcess(folder: string, round: number, acks: number): Promise<string[]> {
  const child = spawn(process.execPath, [SCRIPT, folder, String(round)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const gone = once(child, 'exit');
  const acknowledged: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    acknowledged.push(line);
    if (acknowledged.length === acks) child.kill('SIGKILL');
  }
  const [, signal] = (await gone) as [number | null, string | null];
  expect(signal).toBe('SIGKILL');
  return acknowledged.filter((line) => line.length === 64);
}

/** All files with chunk names below `folder`, straight from the disk. */
async function chunkFiles(folder: string): Promise<{ name: string; bytes: Uint8Array }[]> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  return Promise.all(
    files
      .filter((file) => file.isFile() && file.name.startsWith('bafkrei'))
      .map(async (file) => ({ name: file.name, bytes: await readFile(join(file.parentPath, file.name)) })),
  );
}

test('keeps every acknowledged chunk and shows no torn one after SIGKILL in the middle of writes (L5)', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'vault-killed-'));
  try {
    const acknowledged: string[] = [];
    for (const [round, acks] of [1, 23, 90].entries()) {
      acknowledged.push(...(await putsOfKilledProcess(folder, round, acks)));
    }
    expect(acknowledged.length).toBeGreaterThanOrEqual(1 + 23 + 90);

    const torn = (await chunkFiles(folder)).filter(({ name, bytes }) => name !== cidText(digestOf(bytes)));
    expect(torn).toEqual([]);

    const store = await DiskStore.open({ disk: nodeDisk(), folder, self: 'self' });
    for (const hex of acknowledged) {
      const chunk = await store.get(fromHex(hex) ?? new Uint8Array());
      expect([200_000, 200_704]).toContain(chunk?.length);
    }
    const files = await chunkFiles(folder);
    const bytes = files.reduce((sum, file) => sum + file.bytes.length, 0);
    expect(store.usage()).toMatchObject({ chunks: files.length, bytes, quarantinedChunks: 0 });
    const names = await readdir(folder, { recursive: true });
    expect(names.filter((name) => name.endsWith('.part'))).toEqual([]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
