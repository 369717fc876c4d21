/** Makes a peer's folder: an identity in a new mesh, or in the mesh of a ticket. */
import { hostname } from 'node:os';
import { decodeTicket } from '../format/ticket.ts';
import { VaultError } from '../model/errors.ts';
import { KEY_BYTES } from '../model/ids.ts';
import { GiB, MiB } from '../model/units.ts';
import { newPeerSeed } from '../network/peer-identity.ts';
import { makeFolders } from '../runtime/make-folders.ts';
import { nodeDisk } from '../runtime/node-disk.ts';
import { systemRandom } from '../runtime/system-random.ts';
import { writeKnownPeers } from './known-peers.ts';
import { addressesOf, listenAddresses } from './listen-addresses.ts';
import { peerExists, writePeerFolder } from './peer-folder.ts';
import { ticketOf } from './peer-ticket.ts';
import type { JoinPeerOptions, NewPeer, NewPeerOptions, PeerSettings } from './peer-types.ts';

const DEFAULT_CAPACITY: number = 50 * GiB;
const DEFAULT_SHARE = 0.9;
/** Less cannot hold a few chunks and their logs. */
const MIN_CAPACITY: number = 16 * MiB;
const MAX_LABEL = 100;

/** Names and zones are printed and signed: one line, not too long. Throws 'usage'. */
function label(text: string, what: string): string {
  if (text.length > 0 && text.length <= MAX_LABEL && !/\p{Cc}/u.test(text)) return text;
  throw new VaultError('usage', `a ${what} is one line of 1 to ${MAX_LABEL} characters`);
}

async function capacityFor(options: NewPeerOptions): Promise<number> {
  const wanted = options.capacityBytes;
  if (wanted !== undefined && wanted < MIN_CAPACITY) {
    throw new VaultError('usage', 'a capacity below 16 MiB holds nothing useful');
  }
  if (wanted !== undefined) return wanted;
  const { freeBytes } = await nodeDisk().space(options.folder);
  return Math.min(DEFAULT_CAPACITY, Math.floor(freeBytes * DEFAULT_SHARE));
}

async function settingsFor(options: NewPeerOptions): Promise<PeerSettings> {
  const host = hostname() || 'unknown';
  return {
    name: label(options.name ?? host.slice(0, MAX_LABEL), 'name'),
    zone: label(options.zone ?? `host:${host}`.slice(0, MAX_LABEL), 'zone'),
    capacityBytes: await capacityFor(options),
    listen: await listenAddresses(options.listen ?? []),
  };
}

async function make(
  options: NewPeerOptions,
  meshSecret: Uint8Array,
  others: readonly string[],
): Promise<NewPeer> {
  const { folder } = options;
  if (await peerExists(folder)) {
    throw new VaultError('exists', `${folder} already holds a peer`, {
      hint: 'Choose another folder with --data; an identity is never overwritten.',
    });
  }
  try {
    makeFolders(folder, 0o700);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new VaultError('io', `cannot make the folder ${folder}: ${why}`, { cause });
  }
  const settings = await settingsFor(options);
  await writeKnownPeers(folder, { addresses: others, names: new Map() });
  const seed = newPeerSeed(systemRandom);
  const defaultListen = options.listen === undefined || options.listen.length === 0;
  const peer = await writePeerFolder(folder, { seed, meshSecret, settings, defaultListen });
  const own = addressesOf(settings.listen, peer.peerId);
  return { peerId: peer.peerId, ticket: ticketOf(meshSecret, peer.peerId, own, others), settings, folder };
}

/** Throws 'exists', 'usage', 'io'. */
export async function initPeer(options: NewPeerOptions): Promise<NewPeer> {
  return make(options, systemRandom.bytes(KEY_BYTES), []);
}

/** Throws 'exists', 'bad-ticket', 'usage', 'io'. */
export async function joinPeer(options: JoinPeerOptions): Promise<NewPeer> {
  const { secret, addresses } = decodeTicket(options.ticket);
  return make(options, secret, addresses);
}
