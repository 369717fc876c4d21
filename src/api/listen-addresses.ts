/** Where a peer listens: the wish, with ports that are really free and then kept; and how others can dial that. */
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { VaultError } from '../model/errors.ts';

export const DEFAULT_PORT = 4150;
const PORTS_TRIED = 100;
const SHAPE = /^\/(ip4|ip6)\/([0-9a-fA-F.:]+)\/tcp\/(\d{1,5})$/;
const LOOPBACK = /^\/ip4\/127\.|^\/ip6\/::1\/|^\/(dns|dns4|dns6)\/localhost\//;

interface Parsed {
  readonly family: 'ip4' | 'ip6';
  readonly host: string;
  readonly port: number;
}

function parse(address: string): Parsed {
  const match = SHAPE.exec(address);
  const port = Number(match?.[3]);
  const host = match?.[2];
  if (host === undefined || !(port <= 65_535)) {
    throw new VaultError('usage', `"${address}" is no address to listen on`, {
      hint: 'Write it like /ip4/0.0.0.0/tcp/4150 or /ip6/::/tcp/4150; tcp/0 picks a free port.',
    });
  }
  return { family: match?.[1] === 'ip6' ? 'ip6' : 'ip4', host, port };
}

function format({ family, host, port }: Parsed): string {
  return `/${family}/${host}/tcp/${port}`;
}

/** The port that was bound (for 0: the one the system chose), or `undefined` when it is taken or the host is not ours. */
function bind({ family, host, port }: Parsed): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ host, port, exclusive: true, ipv6Only: family === 'ip6' }, () => {
      const address = server.address();
      const bound = typeof address === 'object' && address !== null ? address.port : undefined;
      server.close(() => resolve(bound));
    });
  });
}

async function defaultAddresses(): Promise<readonly string[]> {
  const six = (await bind({ family: 'ip6', host: '::', port: 0 })) !== undefined;
  for (let port = DEFAULT_PORT; port < DEFAULT_PORT + PORTS_TRIED; port += 1) {
    const wanted: Parsed[] = [{ family: 'ip4', host: '0.0.0.0', port }];
    if (six) wanted.push({ family: 'ip6', host: '::', port });
    const bound = [];
    for (const address of wanted) bound.push(await bind(address));
    if (!bound.includes(undefined)) return wanted.map(format);
  }
  throw new VaultError('io', `no free TCP port from ${DEFAULT_PORT} on`, { hint: 'Say one with --listen.' });
}

/**
 * Checks the wishes and gives tcp/0 a port that is free now. Without wishes: all interfaces, port 4150 or the next free one.
 * Throws 'usage', 'io'.
 */
export async function listenAddresses(wishes: readonly string[]): Promise<readonly string[]> {
  if (wishes.length === 0) return defaultAddresses();
  const parsed = wishes.map(parse);
  const found: string[] = [];
  for (const wish of parsed) {
    const port = wish.port === 0 ? await bind(wish) : wish.port;
    if (port === undefined) throw new VaultError('usage', `this machine cannot listen on ${format(wish)}`);
    found.push(format({ ...wish, port }));
  }
  return found;
}

export function isLoopback(address: string): boolean {
  return LOOPBACK.test(address);
}

function hostsOf(parsed: Parsed): readonly string[] {
  const wildcard = parsed.host === '0.0.0.0' || parsed.host === '::';
  if (!wildcard) return [parsed.host];
  const family = parsed.family === 'ip4' ? 'IPv4' : 'IPv6';
  return Object.values(networkInterfaces())
    .flatMap((entries) => entries ?? [])
    .filter((entry) => entry.family === family && !entry.address.toLowerCase().startsWith('fe80:'))
    .map((entry) => entry.address);
}

/** Loopback only when there is nothing else; no address twice. */
export function dialable(addresses: readonly string[]): readonly string[] {
  const unique = [...new Set(addresses)];
  const others = unique.filter((address) => !isLoopback(address));
  return others.length > 0 ? others : unique;
}

/** Full addresses of a peer that listens there, for when it does not run and cannot tell by itself. */
export function addressesOf(listen: readonly string[], peer: string): readonly string[] {
  const all = listen
    .map(parse)
    .flatMap((parsed) => hostsOf(parsed).map((host) => format({ ...parsed, host })))
    .map((address) => `${address}/p2p/${peer}`);
  return dialable(all);
}
