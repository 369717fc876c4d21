/** What every Disk keeps, real or rehearsed: run by test/runtime/*-disk.test.ts. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { utf8 } from '../../src/model/bytes.ts';
import type { Disk } from '../../src/runtime/disk.ts';

export interface DiskUnderTest {
  readonly disk: Disk;
  /** An absolute folder that exists and is empty. */
  readonly folder: string;
  /** Leaves a temporary file as a write that was cut off would, somewhere below `folder`. */
  leavePartial(folder: string): Promise<void>;
  end(): Promise<void>;
}

const text = (bytes: Uint8Array | undefined): string | undefined => bytes && new TextDecoder().decode(bytes);

export function diskConformance(name: string, start: () => Promise<DiskUnderTest>): void {
  describe(`${name} keeps the promises of a Disk`, () => {
    let under: DiskUnderTest;
    let disk: Disk;
    let at: (path: string) => string;
    beforeEach(async () => {
      under = await start();
      disk = under.disk;
      at = (path) => `${under.folder}/${path}`;
    });
    afterEach(() => under.end());

    it('reads back what was written, parts laid end to end (L5)', async () => {
      await disk.write(at('a/b/c'), [utf8('one '), new Uint8Array(0), utf8('two')]);
      expect(text(await disk.read(at('a/b/c')))).toBe('one two');
      expect(await disk.stat(at('a/b/c'))).toMatchObject({ size: 7 });
    });

    it('keeps an empty file apart from an absent one', async () => {
      await disk.write(at('empty'), []);
      expect(await disk.read(at('empty'))).toEqual(new Uint8Array(0));
      expect(await disk.read(at('absent'))).toBeUndefined();
      expect(await disk.stat(at('absent'))).toBeUndefined();
      expect(await disk.list(at('absent'))).toEqual([]);
      await disk.remove(at('absent'));
    });

    it('replaces a file as a whole', async () => {
      await disk.write(at('f'), [utf8('a long first content')]);
      await disk.write(at('f'), [utf8('short')]);
      expect(text(await disk.read(at('f')))).toBe('short');
      expect(await disk.list(under.folder)).toEqual(['f']);
    });

    it('lists files and folders sorted, and forgets what was removed', async () => {
      for (const path of ['z', 'a', 'm/x', 'B']) await disk.write(at(path), [utf8(path)]);
      expect(await disk.list(under.folder)).toEqual(['B', 'a', 'm', 'z']);
      await disk.remove(at('a'));
      await disk.remove(at('m/x'));
      expect(await disk.list(under.folder)).toEqual(['B', 'm', 'z']);
      expect(await disk.list(at('m'))).toEqual([]);
    });

    it('moves a file into a folder that is not there yet, over what is there', async () => {
      await disk.write(at('from'), [utf8('new')]);
      await disk.write(at('to/here'), [utf8('old')]);
      await disk.move(at('from'), at('to/here'));
      expect(text(await disk.read(at('to/here')))).toBe('new');
      expect(await disk.read(at('from'))).toBeUndefined();
      await disk.move(at('to/here'), at('deep/er/there'));
      expect(text(await disk.read(at('deep/er/there')))).toBe('new');
      await expect(disk.move(at('nowhere'), at('x'))).rejects.toMatchObject({ code: 'io' });
    });

    it('touches a file: its time becomes now, its bytes stay, a move keeps both', async () => {
      await disk.write(at('f'), [utf8('kept')]);
      const before = (await disk.stat(at('f')))?.modifiedMs ?? 0;
      expect(await disk.touch(at('f'))).toBe(true);
      expect(await disk.touch(at('f'), { durable: true })).toBe(true);
      const touched = (await disk.stat(at('f')))?.modifiedMs ?? 0;
      expect(touched).toBeGreaterThanOrEqual(Math.floor(before));
      await disk.move(at('f'), at('g/f'));
      expect((await disk.stat(at('g/f')))?.modifiedMs).toBe(touched);
      expect(text(await disk.read(at('g/f')))).toBe('kept');
      expect(await disk.touch(at('f'))).toBe(false);
      await expect(disk.touch(at('g'))).rejects.toMatchObject({ code: 'io' });
    });

    it('refuses a file beyond the bound before reading it', async () => {
      await disk.write(at('big'), [new Uint8Array(1000)]);
      await expect(disk.read(at('big'), 999)).rejects.toMatchObject({ code: 'corrupt' });
      expect(await disk.read(at('big'), 1000)).toHaveLength(1000);
    });

    it('turns other refusals into "io", and leaves nothing half-made behind', async () => {
      await disk.write(at('folder/file'), [utf8('x')]);
      await expect(disk.read(at('folder'))).rejects.toMatchObject({ code: 'io' });
      await expect(disk.write(at('folder'), [utf8('y')])).rejects.toMatchObject({ code: 'io' });
      await expect(disk.write(at('folder/file/below'), [utf8('y')])).rejects.toMatchObject({ code: 'io' });
      await expect(disk.remove(at('folder'))).rejects.toMatchObject({ code: 'io' });
      await expect(disk.list(at('folder/file'))).rejects.toMatchObject({ code: 'io' });
      expect(await disk.list(at('folder'))).toEqual(['file']);
      expect(await disk.list(under.folder)).toEqual(['folder']);
    });

    it('sweeps only what cut-off writes left', async () => {
      await disk.write(at('a/keep'), [utf8('x')]);
      await disk.write(at('a/.hidden'), [utf8('x')]);
      await under.leavePartial(at('a'));
      expect(await disk.sweep(under.folder)).toBe(1);
      expect(await disk.list(at('a'))).toEqual(['.hidden', 'keep']);
      expect(await disk.sweep(at('not-there'))).toBe(0);
    });

    it('keeps one of two writes that race for a name, whole', async () => {
      const contents = [1, 2, 3].map((value) => new Uint8Array(100_000).fill(value));
      await Promise.all(contents.map((content) => disk.write(at('raced'), [content])));
      const kept = await disk.read(at('raced'));
      expect(contents.some((content) => kept && Buffer.compare(kept, content) === 0)).toBe(true);
      expect(await disk.list(under.folder)).toEqual(['raced']);
    });

    it('measures the disk of a folder that does not exist yet', async () => {
      const space = await disk.space(at('not/yet/there'));
      expect(space.totalBytes).toBeGreaterThan(0);
      expect(space.freeBytes).toBeLessThanOrEqual(space.totalBytes);
    });
  });
}
