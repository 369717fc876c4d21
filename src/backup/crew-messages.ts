/** What a crew and its threads say to each other: small tables instead of many objects, since each object costs on both sides. */
import type { SealedBytes } from '../crypto/chunk-cipher.ts';
import type { ChunkKind } from '../format/kinds.ts';
import type { ExtendedAttribute } from '../format/tree-page.ts';
import { CONTENT_ID_BYTES } from '../model/ids.ts';
import type { BytePath } from './byte-path.ts';
import type { CrewOptions, Gathered, PieceBytes, SmallAsk, SmallOutcome } from './crew.ts';
import type { SourceStat } from './file-source.ts';
import type { LooksTable } from './look-messages.ts';
import type { OwnerNames } from './owner-names.ts';
import { type PackedError, packError, unpackError } from './pack-error.ts';

export interface HandStart {
  /** Of a device that seals for its own scope only. */
  readonly scope?: Uint8Array;
  readonly contentIdKey: Uint8Array;
  readonly chunkSeedKey: Uint8Array;
  readonly chunkKey: Uint8Array;
  readonly options: CrewOptions;
}

/** What is to be kept of a batch. */
export interface Keep {
  readonly batch: number;
  readonly indices: readonly number[];
  readonly more: boolean;
}

/** `keeps` comes first: it needs no answer, and each message wakes a thread, which costs more than what is in it. */
export type HandAsk =
  | {
      readonly job: number;
      readonly verb: 'gather';
      readonly keeps: readonly Keep[];
      readonly asks: AskTable;
    }
  | { readonly job: number; readonly verb: 'look'; readonly paths: readonly BytePath[] }
  | { readonly job: number; readonly verb: 'sealOpen'; readonly keeps: readonly Keep[] }
  | {
      readonly job: number;
      readonly verb: 'identify';
      readonly kind: ChunkKind;
      readonly piece: PieceBytes;
    }
  | {
      readonly job: number;
      readonly verb: 'sealPiece';
      readonly kind: ChunkKind;
      readonly piece: PieceBytes;
    }
  | { readonly job: number; readonly verb: 'seal'; readonly kind: ChunkKind; readonly plain: Uint8Array };

export type HandAnswer =
  | { readonly job: number; readonly gathered: GatheredTable }
  | { readonly job: number; readonly looks: LooksTable }
  | { readonly job: number; readonly sealed: SealedBytes }
  | { readonly job: number; readonly id: Uint8Array }
  | { readonly job: number; readonly failure: PackedError };

/** Paths with a NUL behind each; three numbers for each file. */
export interface AskTable {
  readonly paths: string;
  readonly seen: Float64Array;
}

interface Rare {
  readonly index: number;
  readonly error?: PackedError;
  readonly large?: boolean;
  readonly changed?: boolean;
  readonly xattrs?: readonly ExtendedAttribute[];
  readonly xattrsError?: PackedError;
}

export interface GatheredTable {
  readonly batch: number;
  /** STAT_FIELDS numbers for each file. */
  readonly stats: Float64Array<ArrayBuffer>;
  /** 20 bytes for each file. */
  readonly ids: Uint8Array<ArrayBuffer>;
  /** What is not as usual. */
  readonly rare: readonly Rare[];
}

const SEEN_FIELDS = 3;
const STAT_FIELDS = 17;
const HIGH = 0x1_0000_0000n;

export function packAsks(asks: readonly SmallAsk[]): AskTable {
  const seen = new Float64Array(asks.length * SEEN_FIELDS);
  let paths = '';
  asks.forEach(({ path, seen: { size, mtimeMs, inode } }, i) => {
    paths += `${path}\0`;
    seen[i * SEEN_FIELDS] = size;
    seen[i * SEEN_FIELDS + 1] = mtimeMs;
    seen[i * SEEN_FIELDS + 2] = inode;
  });
  return { paths, seen };
}

export function unpackAsks({ paths, seen }: AskTable): SmallAsk[] {
  const names = paths.split('\0');
  names.pop();
  return names.map((path, i) => ({
    path,
    seen: {
      size: seen[i * SEEN_FIELDS] ?? 0,
      mtimeMs: seen[i * SEEN_FIELDS + 1] ?? 0,
      inode: seen[i * SEEN_FIELDS + 2] ?? 0,
    },
  }));
}

export function packGathered({ outcomes, batch }: Gathered): GatheredTable {
  const stats = new Float64Array(outcomes.length * STAT_FIELDS);
  const ids = new Uint8Array(outcomes.length * CONTENT_ID_BYTES);
  const rare: Rare[] = [];
  outcomes.forEach((outcome, index) => {
    if (outcome.kind === 'failed') rare.push({ index, error: packError(outcome.error) });
    else if (outcome.kind === 'large') rare.push({ index, large: true });
    else {
      packStat(outcome.stat, outcome.length, stats, index * STAT_FIELDS);
      if (outcome.id) ids.set(outcome.id, index * CONTENT_ID_BYTES);
      const { changed, xattrs, xattrsError } = outcome;
      if (changed || xattrs.length > 0 || xattrsError)
        rare.push({
          index,
          changed,
          xattrs,
          ...(xattrsError ? { xattrsError: packError(xattrsError) } : {}),
        });
    }
  });
  return { batch, stats, ids, rare };
}

export function unpackGathered({ batch, stats, ids, rare }: GatheredTable, names: OwnerNames): Gathered {
  const count = ids.length / CONTENT_ID_BYTES;
  const unusual = new Map(rare.map((item) => [item.index, item]));
  const outcomes = Array.from({ length: count }, (_, index): SmallOutcome => {
    const item = unusual.get(index);
    if (item?.error) return { kind: 'failed', error: unpackError(item.error) };
    if (item?.large) return { kind: 'large' };
    const at = index * STAT_FIELDS;
    const length = stats[at] ?? 0;
    return {
      kind: 'read',
      stat: unpackStat(stats, at, names),
      length,
      id: length > 0 ? ids.subarray(index * CONTENT_ID_BYTES, (index + 1) * CONTENT_ID_BYTES) : undefined,
      changed: item?.changed ?? false,
      xattrs: item?.xattrs ?? [],
      xattrsError: item?.xattrsError && unpackError(item.xattrsError),
    };
  });
  return { batch, outcomes };
}

function packStat(stat: SourceStat, length: number, into: Float64Array, at: number): void {
  const { size, mode, uid, gid, mtime, ctime, birth, inode, device, links, sparse } = stat;
  into[at] = length;
  into[at + 1] = size;
  into[at + 2] = mode;
  into[at + 3] = uid;
  into[at + 4] = gid;
  into[at + 5] = mtime.seconds;
  into[at + 6] = mtime.nanoseconds;
  into[at + 7] = ctime.seconds;
  into[at + 8] = ctime.nanoseconds;
  into[at + 9] = Number(inode / HIGH);
  into[at + 10] = Number(inode % HIGH);
  into[at + 11] = Number(device / HIGH);
  into[at + 12] = Number(device % HIGH);
  into[at + 13] = links;
  into[at + 14] = sparse ? 1 : 0;
  into[at + 15] = birth ? birth.seconds : Number.NaN;
  into[at + 16] = birth ? birth.nanoseconds : 0;
}

function unpackStat(stats: Float64Array, at: number, names: OwnerNames): SourceStat {
  const field = (i: number): number => stats[at + i] ?? 0;
  const wide = (i: number): bigint => {
    const high = field(i);
    return high === 0 ? BigInt(field(i + 1)) : BigInt(high) * HIGH + BigInt(field(i + 1));
  };
  const uid = field(3);
  const gid = field(4);
  return {
    type: 'file',
    size: field(1),
    mode: field(2),
    uid,
    gid,
    user: names.user(uid),
    group: names.group(gid),
    mtime: { seconds: field(5), nanoseconds: field(6) },
    ctime: { seconds: field(7), nanoseconds: field(8) },
    birth: Number.isNaN(field(15)) ? undefined : { seconds: field(15), nanoseconds: field(16) },
    inode: wide(9),
    device: wide(11),
    links: field(13),
    sparse: field(14) === 1,
  };
}
