/** What audits say of each co-holder (R4): who is unsound, that is treated as not holding, and how it gets its name back. */
import type { PeerName } from '../model/ids.ts';
import { MiB } from '../model/units.ts';

export type AuditOutcome =
  | 'proved' // every chunk asked for, in time
  | 'admitted' // it did not have what it claimed to keep, found that out by the question, and claims it no more
  | 'absent' // it does not have what it goes on claiming to keep
  | 'wrong' // a proof that does not fit the bytes
  | 'late'; // no answer before the deadline

/** The latest audits of one peer. Plain data, kept across restarts. */
interface AuditRecord {
  readonly peer: PeerName;
  readonly unsound: boolean;
  /** Late or admitting answers in a row. */
  readonly late: number;
  /** Clean audits in a row. */
  readonly clean: number;
}

/** One record for every peer that gave reason for one. */
export interface AuditBook {
  readonly records: readonly AuditRecord[];
}

export const EMPTY_AUDIT_BOOK: AuditBook = { records: [] };

/** A slow disk now and then, or a chunk that rotted since it was last read, happens to honest peers too. */
const LATE_IS_UNSOUND = 3;
const CLEAN_IS_SOUND = 3;

function after(record: AuditRecord, outcome: AuditOutcome): AuditRecord {
  if (outcome === 'proved') {
    const clean = record.clean + 1;
    return { ...record, late: 0, clean, unsound: record.unsound && clean < CLEAN_IS_SOUND };
  }
  const forgivable = outcome === 'late' || outcome === 'admitted';
  const late = forgivable ? record.late + 1 : 0;
  const unsound = record.unsound || !forgivable || late >= LATE_IS_UNSOUND;
  return { ...record, late, clean: 0, unsound };
}

/** The book after one more audit of `peer`. A peer with nothing against it leaves no record. */
export function noteAudit(book: AuditBook, peer: PeerName, outcome: AuditOutcome): AuditBook {
  const known = book.records.find((record) => record.peer === peer);
  const next = after(known ?? { peer, unsound: false, late: 0, clean: 0 }, outcome);
  const others = book.records.filter((record) => record.peer !== peer);
  if (!next.unsound && next.late === 0) return known ? { records: others } : book;
  return { records: [...others, next] };
}

/** Who is unsound by these audits. */
export function unsoundPeers(book: AuditBook): ReadonlySet<PeerName> {
  return new Set(book.records.filter((record) => record.unsound).map((record) => record.peer));
}

export interface Accusations {
  /** Our own name: we know better than others whether we hold what we hold. */
  readonly self: PeerName;
  /** By our own audits. */
  readonly own: ReadonlySet<PeerName>;
  /** What each other holder says of its audits. */
  readonly others: ReadonlyMap<PeerName, readonly PeerName[]>;
}

const ACCUSERS_NEEDED = 2;

/**
 * Who is unsound by what holders say of each other. The most accused (of two, who accuses more) is judged first, and what it says itself counts no more: so one
 * liar that accuses everybody does not need just one honest slip to bring a peer down. `needed`: how many accusers are enough.
 */
export function convicted(
  accusations: ReadonlyMap<PeerName, readonly PeerName[]>,
  needed: (peer: PeerName) => number = () => ACCUSERS_NEEDED,
): ReadonlySet<PeerName> {
  const guilty = new Set<PeerName>();
  for (;;) {
    const accusers = new Map<PeerName, number>();
    for (const [accuser, accused] of accusations) {
      if (guilty.has(accuser)) continue;
      for (const peer of new Set(accused)) {
        if (peer !== accuser && !guilty.has(peer)) accusers.set(peer, (accusers.get(peer) ?? 0) + 1);
      }
    }
    const enough = [...accusers].filter(([peer, count]) => count >= needed(peer));
    const says = (peer: PeerName): number => accusations.get(peer)?.length ?? 0;
    const [worst] = enough.sort(([a, m], [b, n]) => n - m || says(b) - says(a) || (a < b ? -1 : 1));
    if (!worst) return guilty;
    guilty.add(worst[0]);
  }
}

/** Who counts as unsound: by our own evidence, or because two others who are sound by our own evidence say so. */
export function unsoundByAll({ self, own, others }: Accusations): ReadonlySet<PeerName> {
  const believed = [...others]
    .filter(([accuser]) => !own.has(accuser))
    .map(([accuser, accused]) => [accuser, accused.filter((peer) => peer !== self)] as const);
  return new Set([...own, ...convicted(new Map(believed))]);
}

export interface AuditSize {
  /** Measured round trip to the peer. */
  readonly rttMs: number;
  /** Sum of the sizes of the chunks asked for. */
  readonly bytes: number;
  readonly chunks: number;
}

const PATIENCE_MS = 250;
const SEEK_MS = 20;
const READ_BYTES_PER_SECOND: number = 40 * MiB;
const ROUND_TRIPS = 2;

/**
 * How long a proof may take: a slow disk reads and hashes the chunks, and the question and the answer travel. Whoever has to fetch
 * the bytes over a link slower than such a disk is late (docs/decisions/0005-repair-pulls.md says what that does not catch).
 */
export function auditDeadlineMs({ rttMs, bytes, chunks }: AuditSize): number {
  return PATIENCE_MS + ROUND_TRIPS * rttMs + SEEK_MS * chunks + (1000 * bytes) / READ_BYTES_PER_SECOND;
}
