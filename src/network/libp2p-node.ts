/** How a libp2p node of this product is put together; every number here is a decision that was measured or has a reason. */
import { circuitRelayServer, circuitRelayTransport } from '@libp2p/circuit-relay-v2';
import { privateKeyFromRaw } from '@libp2p/crypto/keys';
import { type Identify, identify, identifyPush } from '@libp2p/identify';
import type { Libp2p } from '@libp2p/interface';
import { type KadDHT, kadDHT, passthroughMapper } from '@libp2p/kad-dht';
import { type Ping, ping } from '@libp2p/ping';
import { tcp } from '@libp2p/tcp';
import type { LevelDatastore } from 'datastore-level';
import { createLibp2p, type Libp2pOptions } from 'libp2p';
import { channel } from './channel.ts';
import { muxer } from './muxer.ts';
import type { NetworkOptions } from './network-options.ts';
import { keyPairBytes } from './peer-identity.ts';

export const DHT_PROTOCOL = '/vault-mesh/kad/1';

interface Services extends Record<string, unknown> {
  readonly dht: KadDHT;
  readonly identify: Identify;
  readonly ping: Ping;
}

export type Node = Libp2p<Services>;

const DAY_MS = 24 * 3_600_000;

/**
 * A peer that was away for weeks is still known when it, or we, come back. Also: kad-dht fails a whole GET_PROVIDERS when
 * one provider is no longer in the peer store, so a peer must outlive its provider records (two days).
 */
const REMEMBER_MS = 90 * DAY_MS;

/** findProviders stops after one bucketful; with the usual 20 the rest of a mesh would never be found. */
const BUCKET_SIZE = 64;

/** Far above what peers open, since the default's surplus is reset by the other side without a word. */
export const MAX_STREAMS = 4096;

function isLoopback(address: string): boolean {
  return /^\/(ip4\/127\.|ip6\/::1\/|dns[46]?\/localhost\/)/.test(address);
}

/** True when the node may speak to machines other than its own. */
function isAbroad(options: NetworkOptions): boolean {
  if (options.mode === 'client' && options.bootstrap.length === 0) return true;
  const addresses = options.mode === 'client' ? options.bootstrap : options.listen;
  return addresses.some((address) => !isLoopback(address));
}

type Discovery = NonNullable<Libp2pOptions['peerDiscovery']>;

async function discovery(options: NetworkOptions): Promise<Discovery> {
  if (!options.mdnsTag || !isAbroad(options)) return [];
  const { mdns } = await import('@libp2p/mdns');
  return [mdns({ serviceTag: options.mdnsTag, interval: 10_000 })];
}

/** What finds a way through a router; loaded by those who need one, as loading takes a client's commands longer than their work. */
async function wayOut(server: boolean): Promise<NonNullable<Libp2pOptions['services']>> {
  const [{ autoNAT }, { dcutr }] = await Promise.all([import('@libp2p/autonat'), import('@libp2p/dcutr')]);
  if (!server) return { autoNAT: autoNAT(), dcutr: dcutr() };
  const { uPnPNAT } = await import('@libp2p/upnp-nat');
  return { autoNAT: autoNAT(), dcutr: dcutr(), upnp: uPnPNAT() };
}

/** Serving behind a NAT: a mapped port, a checked address, a hole, and at last a relay (M2). */
async function natServices(options: NetworkOptions): Promise<NonNullable<Libp2pOptions['services']>> {
  const server = options.mode === 'server';
  const nat = options.nat ?? (server && isAbroad(options));
  const relay = options.relay ?? (server && isAbroad(options));
  return {
    ...(nat ? await wayOut(server) : {}),
    // The default limits (128 KiB, two minutes, 15 reservations) cannot carry one chunk; members of a mesh trust each other this far.
    ...(relay && options.listen.some((address) => !address.includes('/p2p-circuit'))
      ? { relay: circuitRelayServer({ reservations: { applyDefaultLimit: false, maxReservations: 256 } }) }
      : {}),
  };
}

function listenAddresses(options: NetworkOptions): string[] {
  if (options.mode === 'client') return [];
  const relay = options.relay ?? isAbroad(options);
  const circuit = options.listen.some((address) => address.includes('/p2p-circuit'));
  return [...options.listen, ...(relay && !circuit ? ['/p2p-circuit'] : [])];
}

function dht(options: NetworkOptions): ReturnType<typeof kadDHT> {
  return kadDHT({
    protocol: DHT_PROTOCOL,
    clientMode: options.mode === 'client',
    peerInfoMapper: passthroughMapper, // private and loopback addresses are valid here (M2)
    // Not allowQueryWithZeroPeers: the search for relays would then spin without ever letting the event loop run.
    initialQuerySelfInterval: 50,
    kBucketSize: BUCKET_SIZE,
    maxInboundStreams: MAX_STREAMS,
    maxOutboundStreams: MAX_STREAMS,
    querySelfInterval: 60_000,
  });
}

function connections(): NonNullable<Libp2pOptions['connectionManager']> {
  return {
    maxConnections: 500,
    // The default admits 5 a second from one IP address, which all peers behind one NAT share.
    inboundConnectionThreshold: 200,
    maxIncomingPendingConnections: 200,
    maxParallelDials: 50,
    dialTimeout: 10_000,
    addressDialTimeout: 5000,
  };
}

/** Creates and starts the node. `prologueBytes` makes it a member (M1). */
export async function startNode(
  options: NetworkOptions,
  seed: Uint8Array,
  datastore: LevelDatastore | undefined,
): Promise<Node> {
  const { prologue } = options;
  const streams = { maxInboundStreams: 64, maxOutboundStreams: 64 };
  return createLibp2p<Services>({
    privateKey: privateKeyFromRaw(keyPairBytes(seed)),
    ...(datastore ? { datastore } : {}),
    addresses: { listen: listenAddresses(options), appendAnnounce: [...(options.announceAddresses ?? [])] },
    transports: [tcp(), circuitRelayTransport()],
    connectionEncrypters: [channel(prologue)],
    streamMuxers: [muxer({ clock: options.clock, maxStreams: MAX_STREAMS, maxEarlyStreams: 1024 })],
    connectionManager: connections(),
    // It drops a connection whose ping is late, as behind a steady push over a slow uplink. The muxer's pulse knows better.
    connectionMonitor: { enabled: false },
    peerStore: { maxAddressAge: REMEMBER_MS, maxPeerAge: REMEMBER_MS },
    peerDiscovery: await discovery(options),
    services: {
      identify: identify(streams),
      identifyPush: identifyPush(streams),
      ping: ping(streams),
      dht: dht(options),
      ...(await natServices(options)),
    },
  });
}
