/** More paths or tags than a snapshot can carry are refused before anything is sent, in words. */
import { describe, expect, it } from 'vitest';
import { checkDescription } from '../../src/backup/check-description.ts';
import { encodeSnapshot } from '../../src/format/snapshot.ts';
import { KEYS, Rehearsal, watchedSource } from './rehearsal.ts';
import { temporaryFolder } from './temporary-folder.ts';

const plain = { paths: [], tags: [], host: 'h', user: 'u' };
const path = (bytes: number): Uint8Array => new Uint8Array(bytes).fill(0x2f);

describe('what a snapshot says about itself', () => {
  it.each([
    ['1025 paths', { paths: Array.from({ length: 1025 }, () => path(1)) }],
    ['257 tags', { tags: Array.from({ length: 257 }, () => 't') }],
    ['the tag', { tags: ['t'.repeat(257)] }],
    ['the host', { host: 'h'.repeat(257) }],
    ['too long', { paths: Array.from({ length: 100 }, () => path(4000)) }],
  ])('is refused with %s', (why, more) => {
    const check = (): void => checkDescription({ ...plain, ...more });
    expect(check).toThrow(expect.objectContaining({ code: 'usage', message: expect.stringContaining(why) }));
  });

  it('can be written whenever it is accepted, with the longest root', () => {
    const paths = Array.from({ length: 1024 }, () => path(128));
    const tags = Array.from({ length: 256 }, () => 'ä'.repeat(120));
    const described = { paths, tags, host: 'ä'.repeat(256), user: 'ä'.repeat(256) };
    checkDescription(described);
    const root = Array.from({ length: 1024 }, () => ({ chunk: KEYS.vault, offset: 0, length: 1 }));
    const stats = { files: 1e15, directories: 1e15, links: 1e15, bytes: 1e15 };
    const rest = { time: 1e15, root, stats, device: KEYS.vault, program: 'ä'.repeat(256) };
    expect(() => encodeSnapshot({ ...described, ...rest, parent: 'a'.repeat(64) })).not.toThrow();
  });

  it('is looked at before anything is read or sent', async () => {
    const mesh = new Rehearsal();
    const source = watchedSource();
    const run = mesh.device().backup([temporaryFolder()], { tags: ['t'.repeat(300)], source });
    await expect(run).rejects.toMatchObject({ code: 'usage' });
    expect([mesh.store.puts, source.opened]).toEqual([[], []]);
  });
});
