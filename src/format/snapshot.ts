/** One point in time: what was backed up, when, by whom, and the pages of its root directory (C6). */
import { hash } from 'node:crypto';
import { assert } from '../model/errors.ts';
import { type DeviceId, KEY_BYTES } from '../model/ids.ts';
import { KiB } from '../model/units.ts';
import { type BlobRef, packRefs, unpackRefs } from './blob-ref.ts';
import { type CborBounds, decodeCbor, encodeCbor } from './cbor.ts';
import { Fields } from './fields.ts';
import { readable } from './readable.ts';

interface SnapshotStats {
  readonly files: number;
  readonly directories: number;
  readonly links: number;
  /** Sum of the sizes of the files. */
  readonly bytes: number;
}

export interface Snapshot {
  /** When the run began, milliseconds since 1970. A label, never used to order events (L4). */
  readonly time: number;
  readonly host: string;
  readonly user: string;
  /** Absolute source paths, raw bytes. */
  readonly paths: readonly Uint8Array[];
  readonly tags: readonly string[];
  /** Tree pages of "/". */
  readonly root: readonly BlobRef[];
  readonly stats: SnapshotStats;
  /** Id of the snapshot this run was compared with. */
  readonly parent?: string | undefined;
  /** Id of the snapshot that this one brings back, with the same `root`, or was rewritten from, with another. */
  readonly original?: string | undefined;
  readonly device: DeviceId;
  /** Program and version that wrote it. */
  readonly program: string;
}

const SNAPSHOT_VERSION = 1;
export const MAX_SNAPSHOT_BYTES: number = 256 * KiB;

export const MAX_SNAPSHOT_TEXT = 256;
export const MAX_TAGS = 256;
export const MAX_PATHS = 1024;
const MAX_PATH_BYTES: number = 32 * KiB;
const MAX_ROOT_PAGES = 1024;
const ID = /^[0-9a-f]{64}$/;
const BOUNDS: CborBounds = { what: 'snapshot', maxBytes: MAX_SNAPSHOT_BYTES };

export function encodeSnapshot(snapshot: Snapshot): Uint8Array {
  const { files, directories, links, bytes } = snapshot.stats;
  const { parent, original } = snapshot;
  for (const id of [parent, original]) assert(id === undefined || isSnapshotId(id), 'that is no snapshot id');
  const body = {
    v: SNAPSHOT_VERSION,
    time: snapshot.time,
    host: snapshot.host,
    user: snapshot.user,
    paths: [...snapshot.paths],
    tags: [...snapshot.tags],
    root: packRefs(snapshot.root),
    stats: { files, directories, links, bytes },
    device: snapshot.device,
    program: snapshot.program,
    ...(parent === undefined ? {} : { parent }),
    ...(original === undefined ? {} : { original }),
  };
  return readable(encodeCbor(body, BOUNDS), decodeSnapshot);
}

/** Throws 'corrupt', 'unsupported-version'. */
export function decodeSnapshot(encoded: Uint8Array): Snapshot {
  const fields = new Fields(decodeCbor(encoded, BOUNDS), BOUNDS.what);
  fields.version(SNAPSHOT_VERSION);
  const snapshot: Snapshot = {
    time: fields.integer('time', 0, Number.MAX_SAFE_INTEGER),
    host: fields.text('host', MAX_SNAPSHOT_TEXT),
    user: fields.text('user', MAX_SNAPSHOT_TEXT),
    paths: fields.list('paths', MAX_PATHS).map((path) => checkedPath(path, fields)),
    tags: fields.list('tags', MAX_TAGS).map((tag) => checkedTag(tag, fields)),
    root: unpackRefs(fields.bytes('root', 0, MAX_SNAPSHOT_BYTES), MAX_ROOT_PAGES, BOUNDS.what),
    stats: decodeStats(fields.map('stats')),
    device: fields.bytes('device', KEY_BYTES),
    program: fields.text('program', MAX_SNAPSHOT_TEXT),
    ...(fields.has('parent') ? { parent: checkedId('parent', fields) } : {}),
    ...(fields.has('original') ? { original: checkedId('original', fields) } : {}),
  };
  fields.end();
  return snapshot;
}

/** 64 hex digits: sha2-256 of the encoded snapshot; people see the first 8. */
export function snapshotId(encoded: Uint8Array): string {
  return hash('sha256', encoded, 'hex');
}

export function isSnapshotId(text: string): boolean {
  return ID.test(text);
}

function decodeStats(fields: Fields): SnapshotStats {
  const count = (key: string): number => fields.integer(key, 0, Number.MAX_SAFE_INTEGER);
  const stats = {
    files: count('files'),
    directories: count('directories'),
    links: count('links'),
    bytes: count('bytes'),
  };
  fields.end();
  return stats;
}

function checkedPath(path: unknown, fields: Fields): Uint8Array {
  if (!(path instanceof Uint8Array) || path.length > MAX_PATH_BYTES) throw fields.wrong('paths');
  return path;
}

function checkedTag(tag: unknown, fields: Fields): string {
  if (typeof tag !== 'string' || tag.length > MAX_SNAPSHOT_TEXT) throw fields.wrong('tags');
  return tag;
}

function checkedId(key: string, fields: Fields): string {
  const text = fields.text(key, 64);
  if (!isSnapshotId(text)) throw fields.wrong(key);
  return text;
}
