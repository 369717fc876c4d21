/** The sealed part of a log entry: a snapshot that exists now, index chunks to read, snapshots that are forgotten (L1, L2). */
import { fromHex, toHex } from '../model/bytes.ts';
import { assert } from '../model/errors.ts';
import { DIGEST_BYTES, type Digest } from '../model/ids.ts';
import { KiB } from '../model/units.ts';
import { packDigests } from './blob-ref.ts';
import { type CborBounds, decodeCbor, encodeCbor } from './cbor.ts';
import { Fields } from './fields.ts';
import { readable } from './readable.ts';
import {
  decodeSnapshot,
  encodeSnapshot,
  isSnapshotId,
  MAX_SNAPSHOT_BYTES,
  type Snapshot,
} from './snapshot.ts';

export interface Announcement {
  readonly snapshot?: Snapshot | undefined;
  /** Index chunks of this run (ChunkKind.index). */
  readonly index: readonly Digest[];
  /** Ids of snapshots that are dropped from now on. */
  readonly forgets: readonly string[];
}

const ANNOUNCEMENT_VERSION = 1;
const MAX_ANNOUNCED_INDEX = 4096;
const MAX_FORGETS = 2048;

const BOUNDS: CborBounds = { what: 'announcement', maxBytes: 480 * KiB };

export function encodeAnnouncement(announcement: Announcement): Uint8Array {
  const { snapshot, index, forgets } = announcement;
  assert(
    index.length <= MAX_ANNOUNCED_INDEX && forgets.length <= MAX_FORGETS,
    'an announcement over its bound',
  );
  const ids = forgets.map((id) => {
    const bytes = isSnapshotId(id) ? fromHex(id) : undefined;
    assert(bytes, 'a forgotten snapshot needs its whole id');
    return bytes;
  });
  const body = {
    v: ANNOUNCEMENT_VERSION,
    index: packDigests(index),
    forgets: packDigests(ids),
    ...(snapshot === undefined ? {} : { snapshot: encodeSnapshot(snapshot) }),
  };
  return readable(encodeCbor(body, BOUNDS), decodeAnnouncement);
}

/** Throws 'corrupt', 'unsupported-version'. */
export function decodeAnnouncement(bytes: Uint8Array): Announcement {
  const fields = new Fields(decodeCbor(bytes, BOUNDS), BOUNDS.what);
  fields.version(ANNOUNCEMENT_VERSION);
  const announcement: Announcement = {
    index: fields.packed('index', DIGEST_BYTES, MAX_ANNOUNCED_INDEX),
    forgets: fields.packed('forgets', DIGEST_BYTES, MAX_FORGETS).map(toHex),
    ...(fields.has('snapshot')
      ? { snapshot: decodeSnapshot(fields.bytes('snapshot', 1, MAX_SNAPSHOT_BYTES)) }
      : {}),
  };
  fields.end();
  return announcement;
}
