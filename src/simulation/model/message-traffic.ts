/** What the peers of the model would say to each other besides chunks: computed from the encoded size of the real messages. */
import { encodeLogEntry } from '../../format/log-entry.ts';
import { DIGEST_BYTES, GROUPS, KEY_BYTES, SIGNATURE_BYTES } from '../../model/ids.ts';
import { MiB } from '../../model/units.ts';
import * as duty from '../../protocol/duty-methods.ts';
import { encodeFrameHead, FRAME_REQUEST, FRAME_RESPONSE } from '../../protocol/frames.ts';
import { DIGEST_TABLE_BYTES } from '../../protocol/holder-duties.ts';
import { encodeMeta, type MetaMap } from '../../protocol/meta.ts';
import { mean } from './figures.ts';
import type { MeshModel } from './mesh-model.ts';
import { DAY_MS } from './model-settings.ts';

/** Records of the DHT are stored on this many peers (the bucket size of our nodes, src/network) and renewed daily (kad-dht). */
const DHT_COPIES = 64;
/** One ADD_PROVIDER message: key 34, peer id 38, two addresses of 10, and the protobuf around them. */
const DHT_MESSAGE_BYTES = 110;
/** Every vault is backed up once a day, and this share of it is new. */
const NEW_SHARE_PER_DAY = 0.005;

export interface MessageTraffic {
  /** One comparison of two holders that agree: request and answer, frames of the protocol without what TCP and Noise add. */
  readonly compareBytes: number;
  /** Per peer and day, sent and received together. */
  readonly comparePerDay: number;
  readonly compareBytesPerDay: number;
  /** Digest tables, sent where something changed. */
  readonly tableBytesPerDay: number;
  /** Log entries, each received once. */
  readonly logBytesPerDay: number;
  readonly dhtRecordsAnnounced: number;
  readonly dhtRecordsStored: number;
  readonly dhtBytesPerDay: number;
}

function frameBytes(kind: number, method: number, meta: MetaMap, payloadBytes: number): number {
  return encodeFrameHead({ kind, method, id: 100_000 }, encodeMeta(meta), payloadBytes).length + payloadBytes;
}

/** Request and answer of a comparison in which nothing differs. */
export function compareBytes(): number {
  const hash = new Uint8Array(DIGEST_BYTES);
  const ask = { vault: new Uint8Array(KEY_BYTES), members: hash, logs: hash, seen: hash };
  const counts = { missing: 0, missingMs: 0 };
  const same = { known: true, members: hash, logs: hash, holdings: hash, declines: hash, accepting: true };
  const answer = { ...same, ...counts, accuses: [], silent: [] };
  return (
    frameBytes(FRAME_REQUEST, duty.compare.number, ask, 0) +
    frameBytes(FRAME_RESPONSE, duty.compare.number, answer, 0)
  );
}

/** A log entry that adds so many chunks. */
export function entryBytes(chunks: number): number {
  const name = (i: number): Uint8Array => new Uint8Array(DIGEST_BYTES).fill(i % 256);
  const adds = Array.from({ length: chunks }, (_, i) => ({ digest: name(i), size: MiB }));
  const key = new Uint8Array(KEY_BYTES);
  const entry = { vault: key, device: key, sequence: 1, previous: name(0), adds, drops: [] };
  return encodeLogEntry(entry, () => new Uint8Array(SIGNATURE_BYTES)).length;
}

/** Of the average peer that is up at the end of the run. */
export function messageTraffic(model: MeshModel): MessageTraffic {
  const { settings, vaults, population } = model;
  const memberships = vaults.vaults.reduce((sum, { members }) => sum + members.length, 0);
  const pairs = vaults.vaults.reduce((sum, { members }) => sum + members.length * (members.length - 1), 0);
  const peers = population.peers.filter(({ gone }) => !gone).length;
  const perSync = (2 * pairs) / peers; // each of two holders asks the other
  const comparePerDay = (perSync * DAY_MS) / settings.syncMs;
  const coHolders = mean(vaults.vaults.map(({ members }) => members.length - 1));
  const pulls = Object.values(model.copies.pulledBytes).reduce((sum, bytes) => sum + bytes, 0);
  const pulledGroups = pulls / (settings.vaultBytes / GROUPS) / settings.days / peers;
  const changes = (memberships / peers + 2 * pulledGroups) * 2 * coHolders;
  const newChunks = Math.round((settings.vaultBytes / MiB) * NEW_SHARE_PER_DAY);
  const announced = 1 + memberships / peers;
  return {
    compareBytes: compareBytes(),
    comparePerDay,
    compareBytesPerDay: comparePerDay * compareBytes(),
    tableBytesPerDay: changes * DIGEST_TABLE_BYTES,
    logBytesPerDay: (memberships / peers) * entryBytes(newChunks),
    dhtRecordsAnnounced: announced,
    dhtRecordsStored: announced * DHT_COPIES,
    dhtBytesPerDay: 2 * announced * DHT_COPIES * DHT_MESSAGE_BYTES,
  };
}
