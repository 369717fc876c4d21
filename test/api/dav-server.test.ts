import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { startDavServer } from '../../src/api/dav-server.ts';
import type { DavEntry } from '../../src/webdav/dav-entry.ts';
import { MountedFolder, SECRET } from './mounted-folder.ts';

const mounted = (): Promise<MountedFolder> => new MountedFolder().mount();

describe('the server of a mount', () => {
  it('is of class 1, so that macOS mounts it read-only, and tells Windows that it is one', async () => {
    const mount = await mounted();
    for (const path of ['/', '//']) {
      const { status, headers } = await mount.ask('OPTIONS', path);
      expect([status, headers.dav, headers['ms-author-via']]).toEqual([200, '1', 'DAV']);
    }
  });

  it('shows nothing to who does not know the secret', async () => {
    const mount = await mounted();
    for (const path of ['//', '//latest/', '//wrong/', `//${SECRET}x/`, `//${SECRET.slice(0, -1)}/`]) {
      expect((await mount.ask('GET', path)).status).toBe(404);
    }
    expect((await mount.ask('PROPFIND', '//wrong/', { Depth: '0' })).status).toBe(404);
    const root = await mount.ask('PROPFIND', '//', { Depth: '1' });
    expect(root.status).toBe(207);
    expect(root.text.match(/<D:response>/g)).toHaveLength(1);
    expect(root.text).not.toContain(SECRET);
  });

  it.each([
    [{ Host: 'evil.example' }],
    [{ Origin: 'https://evil.example' }],
    [{ 'Sec-Fetch-Site': 'cross-site' }],
  ])('refuses web pages of others even with the secret (DNS rebinding): %o', async (headers) => {
    const mount = await mounted();
    const named = { Host: `127.0.0.1:${mount.port}`, ...headers };
    expect((await mount.ask('GET', '/', named)).status).toBe(403);
  });

  it.each(['PUT', 'DELETE', 'MKCOL', 'MOVE', 'COPY', 'PROPPATCH', 'POST', 'LOCK', 'UNLOCK'])(
    'refuses to change anything, in words: %s',
    async (method) => {
      const mount = await mounted();
      const { status, text, headers } = await mount.ask(method, '/x', { 'Content-Length': '7' }, 'content');
      expect([403, 405]).toContain(status);
      expect(text).toContain('read-only');
      expect(headers.allow).toContain('PROPFIND');
    },
  );

  it('lists one level only (RFC 4918, 9.1)', async () => {
    const mount = await mounted();
    for (const headers of [{}, { Depth: 'infinity' }] as Record<string, string>[]) {
      const { status, text } = await mount.ask('PROPFIND', '/', headers);
      expect(status).toBe(403);
      expect(text).toContain('<D:propfind-finite-depth/>');
    }
    expect((await mount.ask('PROPFIND', '/', { Depth: '7' })).status).toBe(400);
    expect((await mount.ask('PROPFIND', '/', { Depth: '0' }, 'x'.repeat(70_000))).status).toBe(413);
    expect((await mount.ask('PROPFIND', '/', { Depth: '0' }, '<no')).status).toBe(400);
    expect((await mount.ask('PROPFIND', '/', { Depth: '0' })).text.match(/<D:response>/g)).toHaveLength(1);
  });

  it('gives browsers a page in which nothing runs and which tells nobody its address', async () => {
    const mount = await mounted();
    const { headers, text } = await mount.ask('GET', '/');
    expect(text).toContain('<a href="./snapshots/">');
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(headers['referrer-policy']).toBe('no-referrer');
    expect(await mount.ask('GET', '')).toMatchObject({ status: 301, headers: { location: `/${SECRET}/` } });
  });

  it('refuses a port that is taken', async () => {
    const mount = await mounted();
    const tree = { find: () => Promise.resolve(undefined) };
    const again = startDavServer({ tree, secret: 'x', port: mount.port, onFault: () => undefined });
    await expect(again).rejects.toMatchObject({
      code: 'io',
      hint: expect.stringContaining('--port') as string,
    });
  });

  it('ends at once, also with clients that hang on', async () => {
    const mount = await mounted();
    const idle = connect(mount.port, '127.0.0.1');
    await new Promise((resolve) => idle.once('connect', resolve));
    const ended = new Promise((resolve) => idle.once('close', resolve));
    await mount.close();
    await ended;
  });

  it('reads a folder no faster than the client takes it, and stops when it goes away (T4)', async () => {
    let made = 0;
    let stopped: () => void = () => undefined;
    const end = new Promise<void>((resolve) => {
      stopped = resolve;
    });
    const children = async function* (): AsyncGenerator<DavEntry> {
      try {
        for (; made < 1_000_000; made++)
          yield { name: `file ${made}`, folder: false, size: 1, modifiedMs: 0 };
      } finally {
        stopped();
      }
    };
    const folder = { name: '', folder: true as const, size: 0 as const, modifiedMs: 0, children };
    const tree = { find: () => Promise.resolve(folder) };
    const server = await startDavServer({ tree, secret: 's', port: 0, onFault: () => undefined });
    const client = connect(server.port, '127.0.0.1');
    client.write(`PROPFIND /s/ HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nDepth: 1\r\n\r\n`);
    await new Promise((resolve) => client.once('data', resolve));
    client.pause();
    client.destroy();
    await end;
    expect(made).toBeLessThan(200_000);
    await server.close();
  });
});
