import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { tryLockFolder } from '../../src/api/folder-lock.ts';
import { peerHomeFolder, vaultHomeFolder } from '../../src/api/folders.ts';
import { readKnownPeers, writeKnownPeers } from '../../src/api/known-peers.ts';
import { addressesOf, DEFAULT_PORT, dialable, listenAddresses } from '../../src/api/listen-addresses.ts';
import { machineId } from '../../src/api/machine-id.ts';
import { initPeer, joinPeer } from '../../src/api/make-peer.ts';
import { readPeerFolder } from '../../src/api/peer-folder.ts';
import { peerStatus, peerTicket } from '../../src/api/peer-status.ts';
import { ticketOf } from '../../src/api/peer-ticket.ts';
import { settlePort } from '../../src/api/settle-port.ts';
import { findSnapshot } from '../../src/api/snapshot-info.ts';
import { decodeTicket } from '../../src/format/ticket.ts';
import type { SnapshotRecord } from '../../src/vault/log-books.ts';

const root = mkdtempSync(path.join(os.tmpdir(), 'vault-api-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('folders', () => {
  it('are the named ones, else those of the platform', () => {
    const linux = { platform: 'linux', home: '/h' };
    expect(vaultHomeFolder({ ...linux, env: { VAULT_HOME: '/v' } })).toBe('/v');
    expect(vaultHomeFolder({ ...linux, env: {} })).toBe('/h/.config/vault-mesh');
    expect(vaultHomeFolder({ ...linux, env: { XDG_CONFIG_HOME: '/x' } })).toBe('/x/vault-mesh');
    expect(vaultHomeFolder({ ...linux, env: { XDG_CONFIG_HOME: 'relative' } })).toBe('/h/.config/vault-mesh');
    expect(peerHomeFolder({ ...linux, env: {} })).toBe('/h/.local/share/vault-mesh/peer');
    expect(peerHomeFolder({ platform: 'darwin', home: '/h', env: {} })).toBe(
      '/h/Library/Application Support/vault-mesh/peer',
    );
  });

  it('are used by one process at a time', () => {
    const folder = path.join(root, 'locked');
    const lock = tryLockFolder(folder);
    expect(lock).toBeDefined();
    expect(tryLockFolder(folder)).toBeUndefined();
    lock?.release();
    const again = tryLockFolder(folder);
    expect(again).toBeDefined();
    again?.release();
  });
});

describe('the port that nobody chose', () => {
  it('gives way before the first run to a program that took it meanwhile, and is kept from then on', async () => {
    const folder = path.join(root, 'port-free');
    const { settings } = await initPeer({ folder });
    const port = Number(/tcp\/(\d+)$/.exec(settings.listen[0] ?? '')?.[1]);
    const server = createServer().listen(port, '0.0.0.0');
    await new Promise((resolve) => server.once('listening', resolve));
    const warnings: string[] = [];
    const onWarning = (text: string): void => void warnings.push(text);
    const settled = await settlePort(await readPeerFolder(folder), { folder, onWarning });
    server.close();
    expect(settled.settings.listen).not.toEqual(settings.listen);
    expect(warnings.join()).toContain(settled.settings.listen.join(', '));
    expect((await readPeerFolder(folder)).settings.listen).toEqual(settled.settings.listen);
  });

  it('stays when somebody chose it', async () => {
    const folder = path.join(root, 'port-chosen');
    await initPeer({ folder, listen: ['/ip4/127.0.0.1/tcp/0'] });
    const peer = await readPeerFolder(folder);
    expect(await settlePort(peer, { folder })).toBe(peer);
  });
});

describe('addresses to listen on', () => {
  it('keep the free port that tcp/0 picked', async () => {
    const [address = ''] = await listenAddresses(['/ip4/127.0.0.1/tcp/0']);
    expect(Number(address.split('/').at(-1))).toBeGreaterThan(0);
  });

  it('by default start at port 4150, or at the next that is free', async () => {
    const server = createServer().listen(DEFAULT_PORT, '0.0.0.0');
    await new Promise((resolve) => server.once('listening', resolve).once('error', resolve));
    const addresses = await listenAddresses([]);
    server.close();
    const ports = new Set(addresses.map((address) => Number(address.split('/').at(-1))));
    expect(ports.size).toBe(1);
    expect([...ports][0]).toBeGreaterThan(DEFAULT_PORT);
    expect(addresses[0]).toMatch(/^\/ip4\/0\.0\.0\.0\/tcp\//);
  });

  it.each(['', 'localhost:4150', '/ip4/0.0.0.0/udp/1', '/ip4/0.0.0.0/tcp/70000', '/dns4/x/tcp/1'])(
    'are refused when they are none: "%s"',
    async (text) => {
      await expect(listenAddresses([text])).rejects.toMatchObject({ code: 'usage' });
    },
  );

  it('are told to others without loopback, unless there is nothing else', () => {
    expect(dialable(['/ip4/127.0.0.1/tcp/1', '/ip4/10.0.0.1/tcp/1'])).toEqual(['/ip4/10.0.0.1/tcp/1']);
    expect(dialable(['/ip6/::1/tcp/1'])).toEqual(['/ip6/::1/tcp/1']);
    expect(addressesOf(['/ip4/127.0.0.1/tcp/7'], 'P')).toEqual(['/ip4/127.0.0.1/tcp/7/p2p/P']);
  });
});

describe('tickets (M1)', () => {
  it('carry our addresses and one of each of eight others', () => {
    const others = Array.from(
      { length: 20 },
      (_, index) => `/ip4/10.0.1.${index}/tcp/1/p2p/Peer${index % 12}`,
    );
    const text = ticketOf(
      new Uint8Array(32),
      'Me',
      ['/ip4/10.0.0.1/tcp/1/p2p/Me'],
      ['/ip4/127.0.0.1/tcp/1/p2p/Local', '/ip4/10.0.0.9/tcp/1/p2p/Me', ...others],
    );
    const { addresses } = decodeTicket(text);
    expect(addresses[0]).toBe('/ip4/10.0.0.1/tcp/1/p2p/Me');
    expect(addresses).toHaveLength(9);
    expect(new Set(addresses.map((address) => address.split('/').at(-1))).size).toBe(9);
  });
});

describe('a peer at rest', () => {
  const first = path.join(root, 'first');
  const second = path.join(root, 'second');
  const listen = ['/ip4/127.0.0.1/tcp/0'];

  it('is made once, with its secrets readable by its owner only', async () => {
    const made = await initPeer({ folder: first, name: 'one', zone: 'z', listen, capacityBytes: 2 ** 30 });
    expect(decodeTicket(made.ticket).addresses).toEqual([`${made.settings.listen[0]}/p2p/${made.peerId}`]);
    expect(statSync(path.join(first, 'peer.json')).mode & 0o777).toBe(0o600);
    await expect(initPeer({ folder: first, listen })).rejects.toMatchObject({ code: 'exists' });
  });

  it('joins the mesh of a ticket and gives out one with both', async () => {
    const ticket = await peerTicket(first);
    const made = await joinPeer({ folder: second, ticket, name: 'two', zone: 'y', listen });
    expect(decodeTicket(made.ticket).secret).toEqual(decodeTicket(ticket).secret);
    expect(decodeTicket(await peerTicket(second)).addresses).toHaveLength(2);
  });

  it('tells its status while it is stopped', async () => {
    const report = await peerStatus(second);
    expect(report).toMatchObject({ running: false, peersKnown: 1, vaultsHeld: 0, chunks: 0, bytes: 0 });
    expect(report.capacityBytes).toBeGreaterThan(0);
    await expect(peerStatus(path.join(root, 'nothing'))).rejects.toMatchObject({ code: 'no-peer' });
  });

  it.each([
    [{ name: 'a\nb' }, 'usage'],
    [{ zone: '' }, 'usage'],
    [{ capacityBytes: 1000 }, 'usage'],
  ])('is refused with %j', async (wish, code) => {
    const folder = path.join(root, 'refused');
    await expect(initPeer({ folder, listen, ...wish })).rejects.toMatchObject({ code });
  });
});

describe('remembered peers', () => {
  it('survive a restart, and a damaged file is no more than forgotten', async () => {
    const folder = path.join(root, 'known');
    await writeKnownPeers(folder, {
      addresses: ['/ip4/1.2.3.4/tcp/1/p2p/P'],
      names: new Map([['P', 'nas']]),
    });
    const known = await readKnownPeers(folder);
    expect(known.addresses).toEqual(['/ip4/1.2.3.4/tcp/1/p2p/P']);
    expect(known.names.get('P')).toBe('nas');
    writeFileSync(path.join(folder, 'known-peers.json'), '{"addresses": [1, "x", ');
    expect((await readKnownPeers(folder)).addresses).toEqual([]);
  });
});

describe('snapshots', () => {
  const records = ['aa11', 'aa22', 'bb33'].map((id) => ({ id: id.padEnd(64, '0') }) as SnapshotRecord);

  it('are named by "latest" or by the beginning of their id', () => {
    expect(findSnapshot(records, 'latest')).toBe(records[2]);
    expect(findSnapshot(records, 'AA2')).toBe(records[1]);
  });

  it.each([
    ['aa', 'ambiguous'],
    ['cc', 'not-found'],
    ['../x', 'not-found'],
  ])('are not guessed: "%s" is %s', (name, code) => {
    expect(() => findSnapshot(records, name)).toThrow(expect.objectContaining({ code }) as Error);
    expect(() => findSnapshot([], 'latest')).toThrow('no such snapshot yet');
  });
});

it('takes the machine id that it is given, for meshes on one machine (P2)', () => {
  expect(machineId({ VAULT_MACHINE_ID: 'x' })).toBe('x');
  expect(machineId({})).not.toBe('');
});
