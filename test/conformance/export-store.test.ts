import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, vi } from 'vitest';
import { ExportStore } from '../../src/export/export-store.ts';
import { FolderPlace } from '../../src/export/folder-place.ts';
import { chunkName, vaultFolder } from '../../src/export/layout.ts';
import { S3Place } from '../../src/export/s3-place.ts';
import { MemoryDisk } from '../../src/runtime/memory-disk.ts';
import { nodeDisk } from '../../src/runtime/node-disk.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import { startS3, type TestS3 } from '../s3-server.ts';
import { chunkStoreConformance } from './chunk-store.ts';

const vault = new Uint8Array(32).fill(7);
const base = vaultFolder(vault);
const flipped = (bytes: Uint8Array): Uint8Array => bytes.map((byte, i) => (i === 7 ? byte ^ 1 : byte));

chunkStoreConformance('ExportStore on a rehearsed disk', async () => {
  const disk = new MemoryDisk();
  return {
    store: new ExportStore(new FolderPlace(disk, '/stick'), vault),
    damage: async (digest) => void disk.damage(`/stick/${chunkName(base, digest)}`, flipped),
    end: async () => {},
  };
});

chunkStoreConformance('ExportStore in a real folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'vault-export-'));
  return {
    store: new ExportStore(new FolderPlace(nodeDisk(), folder), vault),
    damage: async (digest) => {
      const path = join(folder, chunkName(base, digest));
      await writeFile(path, flipped(new Uint8Array(await readFile(path))));
    },
    end: () => rm(folder, { recursive: true }),
  };
});

// Each request costs a server in JavaScript some milliseconds of a machine that may be busy.
vi.setConfig({ testTimeout: 240_000 });

let s3: TestS3;
let serial = 0;
beforeAll(async () => {
  s3 = await startS3('bucket');
});
afterAll(() => s3.end());

chunkStoreConformance('ExportStore in a bucket of a real S3 server', async () => {
  const prefix = `some where/${serial++}`;
  const place = new S3Place({
    name: 's3:test',
    origin: s3.origin,
    bucket: 'bucket',
    prefix,
    credentials: { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER', region: 'us-east-1' },
    clock: systemClock,
  });
  return {
    store: new ExportStore(place, vault),
    damage: async (digest) => {
      const path = join(s3.folder, 'bucket', prefix, `${chunkName(base, digest)}._S3rver_object`);
      await writeFile(path, flipped(new Uint8Array(await readFile(path))));
    },
    end: async () => {},
  };
});
