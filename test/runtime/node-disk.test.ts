import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodeDisk } from '../../src/runtime/node-disk.ts';
import { diskConformance } from '../conformance/disk.ts';

diskConformance('nodeDisk', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'vault-disk-'));
  return {
    disk: nodeDisk(),
    folder,
    leavePartial: (below) => writeFile(join(below, '.keep.1234-5.part'), 'torn'),
    end: () => rm(folder, { recursive: true, force: true }),
  };
});

describe('nodeDisk', () => {
  it('makes private files unless told otherwise', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'vault-disk-'));
    try {
      await nodeDisk().write(join(folder, 'new', 'secret'), [new Uint8Array(1)]);
      await nodeDisk().write(join(folder, 'open'), [new Uint8Array(1)], { mode: 0o644 });
      expect((await stat(join(folder, 'new', 'secret'))).mode & 0o777).toBe(0o600);
      expect((await stat(join(folder, 'new'))).mode & 0o777).toBe(0o700);
      expect((await stat(join(folder, 'open'))).mode & 0o777).toBe(0o644);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
