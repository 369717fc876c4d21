import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { padmeLength } from '../../src/crypto/padme.ts';
import { KiB, MiB } from '../../src/model/units.ts';
import { BlockWriter } from '../../src/runtime/block-writer.ts';
import { nodeDisk } from '../../src/runtime/node-disk.ts';
import { SeededRandom } from '../../src/runtime/seeded-random.ts';

const FRESH_FILE = 'wx';

function refusing(code: string): BlockWriter {
  return new BlockWriter(async (path) => {
    await writeFile(path, '', { flag: FRESH_FILE }); // as some file systems do
    throw Object.assign(new Error(`${code}: no such thing here`), { code });
  });
}

describe.runIf(process.platform === 'linux')('a writer of whole blocks (decision 54)', () => {
  const random = new SeededRandom('blocks');
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vault-blocks-'));
    path = join(folder, 'file');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('takes whole blocks of the size of large chunks and nothing else', () => {
    const writer = new BlockWriter();
    for (const bytes of [128 * KiB, 132 * KiB, MiB, 4.5 * MiB])
      expect(writer.fits(bytes), `${bytes}`).toBe(true);
    for (const bytes of [0, 124 * KiB, MiB + 1, MiB + 512, 4.5 * MiB + 4 * KiB])
      expect(writer.fits(bytes), `${bytes}`).toBe(false);
  });

  it('fits every padded chunk from 128 KiB on (C2)', () => {
    const writer = new BlockWriter();
    for (let length = 128 * KiB; length <= 4 * MiB; length += 1013)
      expect(writer.fits(padmeLength(length)), `${length}`).toBe(true);
  });

  it('writes parts end to end, many files at once, private', async () => {
    const writer = new BlockWriter();
    const files = Array.from({ length: 12 }, (_, i) => ({
      path: `${path}${i}`,
      bytes: random.bytes((32 + i) * 4 * KiB),
    }));
    const done = files.map(({ path, bytes }, i) =>
      writer.write(path, [bytes.subarray(0, i), bytes.subarray(i)], bytes.length, 0o600),
    );
    expect(await Promise.all(done)).toEqual(files.map(() => true));
    for (const { path, bytes } of files) {
      expect(Buffer.compare(await readFile(path), bytes)).toBe(0);
      expect((await stat(path)).mode & 0o777).toBe(0o600);
    }
  });

  it.each(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP'])(
    'leaves nothing where the system says %s, and asks no more',
    async (code) => {
      const writer = refusing(code);
      expect(await writer.write(path, [new Uint8Array(MiB)], MiB, 0o600)).toBe(false);
      await expect(stat(path)).rejects.toThrow('ENOENT');
      expect(writer.fits(MiB)).toBe(false);
    },
  );

  it('hands on every other failure, and writes on', async () => {
    const writer = new BlockWriter();
    const lost = join(folder, 'missing', 'file');
    for (let i = 0; i < 6; i++)
      await expect(writer.write(lost, [new Uint8Array(MiB)], MiB, 0o600)).rejects.toThrow('ENOENT');
    expect(await writer.write(path, [new Uint8Array(MiB).fill(7)], MiB, 0o600)).toBe(true);
    await expect(writer.write(path, [new Uint8Array(MiB)], MiB, 0o600)).rejects.toThrow('EEXIST');
    expect(Buffer.compare(await readFile(path), new Uint8Array(MiB).fill(7))).toBe(0);
  });

  it('a disk without it writes the same files', async () => {
    const bytes = random.bytes(MiB);
    const refused = refusing('EINVAL');
    for (const [i, disk] of [nodeDisk(), nodeDisk(refused), nodeDisk(refused)].entries()) {
      const file = join(folder, `${i}`, 'file');
      await disk.write(file, [bytes]);
      expect(Buffer.compare(await readFile(file), bytes)).toBe(0);
      expect(await disk.list(join(folder, `${i}`))).toEqual(['file']);
    }
  });
});
