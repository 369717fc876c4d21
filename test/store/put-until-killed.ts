/** Run as a process of its own by disk-store-killed.test.ts: puts chunks, tells which were acknowledged, until it is killed. */

import { digestOf } from '../../src/crypto/digest.ts';
import { toHex } from '../../src/model/bytes.ts';
import { nodeDisk } from '../../src/runtime/node-disk.ts';
import { SeededRandom } from '../../src/runtime/seeded-random.ts';
import { DiskStore } from '../../src/store/disk-store.ts';

const [folder = '', round = ''] = process.argv.slice(2);
const store = await DiskStore.open({ disk: nodeDisk(), folder, self: 'self' });
const random = new SeededRandom(`killed ${round}`);

async function putForever(length: number): Promise<never> {
  for (;;) {
    const bytes = new Uint8Array(length).fill(1);
    bytes.set(random.bytes(32));
    const digest = digestOf(bytes);
    await store.put({ digest, bytes });
    process.stdout.write(`${toHex(digest)}\n`);
  }
}

// Whole blocks, which are written past the page cache, and others.
await Promise.all([200_000, 200_704, 200_000, 200_704, 200_000, 200_704, 200_000, 200_704].map(putForever));
