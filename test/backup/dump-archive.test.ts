/** Folders of a snapshot as archives: what is in them, what is told, and how little is held meanwhile (C6, C7, T4). */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { lstatSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Archive } from '../../src/backup/archive.ts';
import { dumpArchive } from '../../src/backup/dump-archive.ts';
import { OpenedChunks } from '../../src/backup/opened-chunks.ts';
import { tarArchive } from '../../src/backup/tar-archive.ts';
import { zipArchive } from '../../src/backup/zip-archive.ts';
import type { BlobRef } from '../../src/format/blob-ref.ts';
import { concatBytes, utf8 } from '../../src/model/bytes.ts';
import { MiB } from '../../src/model/units.ts';
import { fileOf, HandMadeSnapshot, linkTo, TEST_KEYS } from './hand-made-snapshot.ts';
import { temporaryFolder } from './temporary-folder.ts';

interface Dumped {
  readonly bytes: Uint8Array;
  readonly problems: readonly string[];
}

function start(snapshot: HandMadeSnapshot, pages: readonly BlobRef[], archive: Archive, problems: string[]) {
  const chunks = new OpenedChunks(snapshot, TEST_KEYS);
  return dumpArchive(archive, {
    pages,
    chunks,
    onProblem: (path, { code, message }) => problems.push(`${path}: ${code}: ${message}`),
  });
}

async function dump(
  snapshot: HandMadeSnapshot,
  pages: readonly BlobRef[],
  archive: Archive,
): Promise<Dumped> {
  const problems: string[] = [];
  const parts: Uint8Array[] = [];
  for await (const part of start(snapshot, pages, archive, problems)) parts.push(part);
  return { bytes: concatBytes(...parts), problems };
}

/** A longer name than a plain tar header holds. */
const LONG = `${'long '.repeat(40)}ü`;
const BIG = Array.from({ length: 3 }, (_, i) => new Uint8Array(MiB + i).fill(i + 1));

function example(): { snapshot: HandMadeSnapshot; pages: BlobRef[] } {
  const snapshot = new HandMadeSnapshot();
  const twice = snapshot.file('one', [utf8('twice')], { hardLink: '1:2' });
  const inner = snapshot.directory('folder', [
    snapshot.file(LONG, [utf8('long name')], { mode: 0o4751 }),
    twice,
    { ...twice, name: utf8('two') },
    snapshot.directory('empty', [], { mode: 0o700 }),
  ]);
  const early = { seconds: -2, nanoseconds: 250_000_000 };
  const pages = snapshot.pages([
    inner,
    snapshot.file('big', BIG),
    snapshot.file('none', []),
    snapshot.file('early', [utf8('1969')], { mtime: early, uid: 3_000_000 }),
    linkTo('link', `folder/${LONG}`),
  ]);
  return { snapshot, pages };
}

/** Names, modes and contents of a zip archive, by its central directory. */
function unzipped(bytes: Uint8Array): Map<string, { mode: number; content: string }> {
  const zip = Buffer.from(bytes);
  const end = zip.lastIndexOf(Buffer.from('PK\u0005\u0006'));
  const found = new Map<string, { mode: number; content: string }>();
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    const method = zip.readUInt16LE(at + 10);
    const size = zip.readUInt32LE(at + 20);
    const [nameLength, extra, comment] = [28, 30, 32].map((from) => zip.readUInt16LE(at + from));
    const local = zip.readUInt32LE(at + 42);
    const data = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    const raw = zip.subarray(data, data + size);
    const name = zip.toString('utf8', at + 46, at + 46 + (nameLength ?? 0));
    const content = (method === 8 ? inflateRawSync(raw) : raw).toString('latin1');
    found.set(name, { mode: zip.readUInt32LE(at + 38) >>> 16, content });
    at += 46 + (nameLength ?? 0) + (extra ?? 0) + (comment ?? 0);
  }
  return found;
}

describe('a tar archive', () => {
  it('gives tar everything back: long names, modes, times, links and hard links', async () => {
    const { snapshot, pages } = example();
    const { bytes, problems } = await dump(snapshot, pages, tarArchive());
    expect(problems).toEqual([]);
    const folder = temporaryFolder();
    execFileSync('tar', ['-xp', '--no-same-owner', '-C', folder], { input: bytes });
    const at = (...names: string[]): string => join(folder, ...names);
    expect(readFileSync(at('folder', LONG), 'utf8')).toBe('long name');
    expect(lstatSync(at('folder', LONG)).mode & 0o7777).toBe(0o4751);
    expect(lstatSync(at('big'), { bigint: true }).mtimeNs).toBe(1_600_000_000_123_456_789n);
    expect(lstatSync(at('early'), { bigint: true }).mtimeNs).toBe(-1_750_000_000n);
    expect(readFileSync(at('big')).equals(concatBytes(...BIG))).toBe(true);
    expect(lstatSync(at('none')).size).toBe(0);
    expect(lstatSync(at('folder', 'two')).ino).toBe(lstatSync(at('folder', 'one')).ino);
    expect(lstatSync(at('folder', 'empty')).mode & 0o7777).toBe(0o700);
    expect(readlinkSync(at('link'))).toBe(`folder/${LONG}`);
    const listed = execFileSync('tar', ['-tv', '--numeric-owner'], { input: bytes, encoding: 'utf8' });
    expect(listed).toMatch(/3000000\/\d+ +4 .* early/);
  });

  it('has attributes that are no text (ACLs), and link targets that are not UTF-8, byte for byte', async () => {
    const snapshot = new HandMadeSnapshot();
    const name = utf8('system.posix_acl_access');
    const value = new Uint8Array([2, 0, 0, 0, 1, 0, 6, 0, 255, 255, 255, 255]);
    const pages = snapshot.pages([
      snapshot.file('acl', [utf8('x')], { xattrs: [{ name, value }] }),
      { ...linkTo('link', 'x'), target: new Uint8Array([0x74, 0xff]) },
    ]);
    const { bytes, problems } = await dump(snapshot, pages, tarArchive());
    expect(problems).toEqual([]);
    const text = Buffer.from(bytes).toString('latin1');
    expect(text).toContain(`SCHILY.xattr.system.posix_acl_access=${Buffer.from(value).toString('latin1')}\n`);
    expect(text).toContain('linkpath=t\xff\n');
  });
});

describe('a zip archive', () => {
  it('has files, folders and links with their modes, and each name of a hard link as a file', async () => {
    const { snapshot, pages } = example();
    const { bytes, problems } = await dump(snapshot, pages, zipArchive());
    expect(problems).toEqual([]);
    const found = unzipped(bytes);
    expect(found.get(`folder/${LONG}`)).toEqual({ mode: 0o104751, content: 'long name' });
    expect(found.get('folder/two')).toEqual({ mode: 0o100644, content: 'twice' });
    expect(found.get('folder/empty/')).toEqual({ mode: 0o040700, content: '' });
    expect(found.get('link')?.mode).toBe(0o120777);
    expect(found.get('big')?.content.length).toBe(3 * MiB + 3);
    expect(found.size).toBe(9);
  });

  it('has names that no program takes for a drive or another folder', async () => {
    const snapshot = new HandMadeSnapshot();
    const pages = snapshot.pages([snapshot.file('c:x', [utf8('1')]), snapshot.file('a\\..\\b', [utf8('2')])]);
    const { bytes } = await dump(snapshot, pages, zipArchive());
    expect([...unzipped(bytes).keys()].sort()).toEqual(['a%5C..%5Cb', 'c%3Ax']);
  });
});

describe.each([
  ['tar', tarArchive],
  ['zip', zipArchive],
])('any archive (%s)', (_name, archive) => {
  it('leaves out what cannot be had, fills up what breaks off, tells both, and goes on (C7)', async () => {
    const snapshot = new HandMadeSnapshot();
    const [gone] = snapshot.bundle([utf8('gone')]);
    const [half] = snapshot.bundle([utf8('half')]);
    const parts = [...snapshot.bundle([utf8('good')]), ...(half ? [half] : [])];
    const pages = snapshot.pages([
      fileOf('a', gone ? [gone] : []),
      fileOf('b', parts),
      snapshot.file('c', [utf8('after')]),
      snapshot.file(new Uint8Array([0x64, 0xff]), [utf8('name')]),
    ]);
    for (const ref of [gone, half]) if (ref) snapshot.fail(ref.chunk, () => undefined);
    const { bytes, problems } = await dump(snapshot, pages, archive());
    expect(problems.map((text) => text.replace(/chunk \S+/, 'chunk'))).toEqual([
      'a: lost: no holder has chunk any more',
      'b: lost: no holder has chunk any more; the archive has zeros from its byte 4 on',
      expect.stringContaining('d\\xff: io: its name is not UTF-8'),
    ]);
    const text = Buffer.from(bytes).toString('latin1');
    expect(text).toContain('c');
    if (_name === 'tar') expect(text).toContain('good\0\0\0\0');
    else expect(unzipped(bytes).get('b')?.content).toBe('good\0\0\0\0');
  });

  it('is made only as fast as it is read, and no further when its reader leaves (T4)', async () => {
    const snapshot = new HandMadeSnapshot();
    const files = Array.from({ length: 40 }, (_, i) =>
      snapshot.file(`f${String(i).padStart(2, '0')}`, [randomBytes(MiB)]),
    );
    const bytes = start(snapshot, snapshot.pages(files), archive(), []);
    await bytes.next();
    await new Promise((resolve) => setImmediate(resolve));
    expect(snapshot.gets).toBeLessThan(16);
    await bytes.return(undefined);
    const { gets } = snapshot;
    await new Promise((resolve) => setImmediate(resolve));
    expect(snapshot.gets).toBeLessThan(gets + 8);
  });

  it('of many empty entries does not wait for itself', async () => {
    const snapshot = new HandMadeSnapshot();
    const links = Array.from({ length: 1000 }, (_, i) => linkTo(String(i).padStart(5, '0'), 'x'));
    const folders = Array.from({ length: 2 }, (_, i) => snapshot.directory(`d${i}`, links));
    const { problems, bytes } = await dump(snapshot, snapshot.pages(folders), archive());
    expect(problems).toEqual([]);
    expect(bytes.length).toBeGreaterThan(2000 * 64);
  });
});
