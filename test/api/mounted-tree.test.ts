import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { VaultError } from '../../src/model/errors.ts';
import { temporaryFolder } from '../backup/temporary-folder.ts';
import { MountedFolder } from './mounted-folder.ts';

const LARGE = randomBytes(5_000_000);

/** A folder of many kinds, backed up and mounted; paths begin at `at`. */
async function mounted(): Promise<{ mount: MountedFolder; folder: string; at: string }> {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'sub', 'empty'), { recursive: true });
  writeFileSync(join(folder, 'a.txt'), 'hello\n', { mode: 0o755 });
  writeFileSync(join(folder, 'large'), LARGE);
  writeFileSync(join(folder, 'nothing'), '');
  writeFileSync(join(folder, 'odd #1? 100% <é>'), 'odd');
  writeFileSync(Buffer.concat([Buffer.from(join(folder, 'raw')), Buffer.from([0xe9])]), 'raw');
  symlinkSync('../a.txt', join(folder, 'sub', 'up'));
  symlinkSync(join(folder, 'a.txt'), join(folder, 'absolute'));
  symlinkSync('sub', join(folder, 'to-folder'));
  symlinkSync('nowhere', join(folder, 'dangling'));
  symlinkSync('circle', join(folder, 'circle'));
  symlinkSync('/etc/hostname', join(folder, 'outside'));
  linkSync(join(folder, 'a.txt'), join(folder, 'twin'));
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  utimesSync(join(folder, 'a.txt'), 1_000_000_000, 1_000_000_000);
  const mount = new MountedFolder();
  await mount.backup(folder, 'laptop', ['docs']);
  await mount.mount();
  return { mount, folder, at: `/latest${folder}` };
}

describe('a mounted vault', () => {
  it('shows its snapshots by time, id, host and tag, and the newest at once', async () => {
    const { mount, folder } = await mounted();
    expect(await mount.names('/')).toEqual(['hosts', 'ids', 'latest', 'snapshots', 'tags']);
    expect(await mount.names('/hosts/')).toEqual(['laptop']);
    expect(await mount.names('/tags/docs/')).toHaveLength(2);
    writeFileSync(join(folder, 'later'), 'later');
    const id = await mount.backup(folder, 'other');
    expect(await mount.names('/hosts/')).toEqual(['laptop', 'other']);
    expect(await mount.names('/ids/')).toContain(id.slice(0, 8));
    expect((await mount.ask('GET', `/latest${folder}/later`)).text).toBe('later');
    expect((await mount.ask('GET', `/hosts/laptop/latest${folder}/later`)).status).toBe(404);
  });

  it('lists a folder with sizes, times, tags and names of every kind, each of which can be read', async () => {
    const { mount, at } = await mounted();
    const { text } = await mount.ask('PROPFIND', `${at}/`, { Depth: '1' });
    expect(text).toContain('<D:getcontentlength>5000000</D:getcontentlength>');
    expect(text).toContain('Sun, 09 Sep 2001 01:46:40 GMT');
    expect(text).toContain('>T</x:executable>');
    const hrefs = [...text.matchAll(/<D:href>([^<]*)</g)].map(([, href = '']) => href);
    expect(hrefs).toHaveLength(13);
    for (const href of hrefs) {
      const { status } = await mount.ask('PROPFIND', `/${href}`, { Depth: '0' });
      expect([href, status]).toEqual([href, 207]);
    }
    expect((await mount.ask('GET', `${at}/pipe`)).status).toBe(404);
    expect((await mount.ask('GET', `${at}/raw%EF%BF%BDE9`)).text).toBe('raw');
    expect((await mount.ask('GET', `${at}/odd%20%231%3F%20100%25%20%3C%C3%A9%3E`)).text).toBe('odd');
    // macOS asks for the decomposed form.
    expect((await mount.ask('GET', `${at}/odd%20%231%3F%20100%25%20%3Ce%CC%81%3E`)).text).toBe('odd');
  });

  it('follows links to files of the snapshot, and shows every other as text: never a circle, never this machine', async () => {
    const { mount, at } = await mounted();
    const read = async (name: string): Promise<string> => (await mount.ask('GET', `${at}/${name}`)).text;
    expect(await read('sub/up')).toBe('hello\n');
    expect(await read('absolute')).toBe('hello\n');
    expect(await read('to-folder')).toBe('sub');
    expect(await read('dangling')).toBe('nowhere');
    expect(await read('circle')).toBe('circle');
    expect(await read('outside')).toBe('/etc/hostname');
    expect((await mount.ask('GET', `${at}/to-folder/up`)).status).toBe(404);
  });

  it('gives any part of a file, and reads no more chunks than it needs', async () => {
    const { mount, at } = await mounted();
    const whole = await mount.ask('GET', `${at}/large`);
    expect(whole.body.equals(LARGE)).toBe(true);
    const part = await mount.ask('GET', `${at}/large`, { Range: 'bytes=2000000-3500000' });
    expect(part.status).toBe(206);
    expect(part.headers['content-range']).toBe('bytes 2000000-3500000/5000000');
    expect(part.body.equals(LARGE.subarray(2_000_000, 3_500_001))).toBe(true);
    expect((await mount.ask('GET', `${at}/large`, { Range: 'bytes=5000000-' })).status).toBe(416);
    const readsBefore = mount.reads;
    await mount.ask('GET', `${at}/large`, { Range: 'bytes=4999990-' });
    expect(mount.reads).toBe(readsBefore); // kept in memory
    await mount.mount();
    const fresh = mount.reads;
    const end = await mount.ask('GET', `${at}/large`, { Range: 'bytes=-10' });
    expect(end.body.equals(LARGE.subarray(-10))).toBe(true);
    expect(mount.reads - fresh).toBeLessThanOrEqual(3); // pages of folders lie together, and one chunk
    expect((await mount.ask('GET', `${at}/nothing`)).headers['content-length']).toBe('0');
  });

  it('spares who has the newest already, and tells the length without sending it', async () => {
    const { mount, at } = await mounted();
    const { headers } = await mount.ask('HEAD', `${at}/large`);
    expect(headers['content-length']).toBe('5000000');
    const etag = String(headers.etag);
    expect(await mount.ask('GET', `${at}/large`, { 'If-None-Match': etag })).toMatchObject({
      status: 304,
      text: '',
    });
    const range = { Range: 'bytes=0-0', 'If-Range': '"other"' };
    expect((await mount.ask('GET', `${at}/large`, range)).status).toBe(200);
  });

  it('says 503 while the holders are silent, and reads as soon as they are back', async () => {
    const { mount, at } = await mounted();
    mount.beforeGet = () => {
      throw new VaultError('unavailable', 'nobody answers');
    };
    expect((await mount.ask('PROPFIND', `${at}/`, { Depth: '1' })).status).toBe(503);
    expect(mount.faults).toEqual([expect.stringContaining('nobody answers')]);
    expect(mount.faults[0]).not.toContain('a-secret');
    mount.beforeGet = () => undefined;
    expect((await mount.ask('GET', `${at}/a.txt`)).text).toBe('hello\n');
  });

  it('breaks off rather than send less than it said', async () => {
    const { mount, at } = await mounted();
    await mount.ask('PROPFIND', `${at}/`, { Depth: '1' });
    let left = 3;
    mount.beforeGet = () => {
      if (left-- <= 0) throw new VaultError('lost', 'no holder has it');
    };
    await expect(mount.ask('GET', `${at}/large`)).rejects.toThrow();
    await expect(mount.ask('GET', `${at}?tar`)).rejects.toThrow();
  });
});

describe('a folder as tar', () => {
  it('brings everything back: raw names, times, modes, links, names of one file', async () => {
    const { mount, folder, at } = await mounted();
    const { status, headers, body } = await mount.ask('GET', `${at}?tar`);
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('application/x-tar');
    const target = temporaryFolder();
    execFileSync('tar', ['--xattrs', '-xpf', '-', '-C', target], {
      input: body,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const [name = ''] = folder.split('/').slice(-1);
    const shown = (at: string): string =>
      execFileSync('find', ['.', '-printf', '%P %m %U %G %T@ %y %l %n %s\n'], { cwd: at, encoding: 'latin1' })
        .split('\n')
        // Sizes of folders are the file system's own.
        .map((line) => (/ d {2}\d/.test(line) ? line.replace(/\d+ \d+$/, '') : line))
        .sort()
        .join('\n');
    expect(shown(join(target, name))).toBe(shown(folder));
    expect(readFileSync(join(target, name, 'large')).equals(LARGE)).toBe(true);
  });

  it('is of one snapshot, or a part of it', async () => {
    const { mount } = await mounted();
    expect((await mount.ask('GET', '/snapshots?tar')).status).toBe(400);
    expect((await mount.ask('GET', '/latest?tar')).status).toBe(200);
  });
});
