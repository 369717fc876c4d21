/** The ranking of storage peers (P1): latency and free space, half each, with a reason for every peer that is left out. */
import type { PeerName } from '../model/ids.ts';
import { MiB } from '../model/units.ts';

/** What is known about one storage peer when a backup starts. */
export interface PeerFacts {
  readonly peer: PeerName;
  readonly name: string;
  readonly zone: string;
  /** Tag of the machine it runs on; '' when it has never told. */
  readonly machine: string;
  /** Measured by us (M4); absent when it was not measured. */
  readonly latencyMs?: number;
  /** What it says it will still accept. */
  readonly freeBytes: number;
  readonly capacityBytes: number;
  readonly accepting: boolean;
  /** Its software version, `major.minor.patch`; '' when it has never told. */
  readonly version: string;
  readonly reachable: boolean;
}

interface RankWeights {
  readonly latency: number;
  readonly free: number;
}

export interface RankOptions {
  /** Relative importance, any scale; half and half unless said. */
  readonly weights?: RankWeights;
  /** Tag of the owner's own machine: copies there do not count (P2). */
  readonly machine?: string;
  /** Tags of further machines of the owner; for them the rule is never waived. */
  readonly avoid?: ReadonlySet<string>;
  /** Our own software version; peers of another major version (before 1.0: another minor one) are left out. */
  readonly version?: string;
  /** A peer with less room than this is full. */
  readonly fullBelowBytes?: number;
}

export interface RankedPeer {
  readonly facts: PeerFacts;
  /** 1 is the best of the candidates, 0 the worst. */
  readonly latencyScore: number;
  readonly freeScore: number;
  readonly score: number;
  /** 1 for the best. */
  readonly rank: number;
}

export type LeftOutReason = 'unreachable' | 'this-machine' | 'other-version' | 'not-accepting' | 'full';

export interface LeftOutPeer {
  readonly facts: PeerFacts;
  readonly reason: LeftOutReason;
}

export interface Ranking {
  /** Best first. */
  readonly ranked: readonly RankedPeer[];
  readonly leftOut: readonly LeftOutPeer[];
  /** Every storage peer whose machine is known runs on this machine, so the rule against that was waived (a trial mesh). */
  readonly trialMesh: boolean;
}

const DEFAULT_WEIGHTS: RankWeights = { latency: 0.5, free: 0.5 };
/** Room for one chunk of the largest size and its log entry. */
const FULL_BELOW_BYTES: number = 8 * MiB;

/** True when two releases speak the same language: same major version, before 1.0 also the same minor one. */
function compatible(a: string, b: string): boolean {
  const [majorA, minorA] = a.split('.');
  const [majorB, minorB] = b.split('.');
  return majorA === majorB && (majorA !== '0' || minorA === minorB);
}

function reasonAgainst(
  facts: PeerFacts,
  options: RankOptions,
  trialMesh: boolean,
): LeftOutReason | undefined {
  if (!facts.reachable) return 'unreachable';
  if (!trialMesh && options.machine && facts.machine === options.machine) return 'this-machine';
  if (options.avoid?.has(facts.machine)) return 'this-machine';
  if (options.version !== undefined && !compatible(facts.version, options.version)) return 'other-version';
  if (!facts.accepting) return 'not-accepting';
  if (facts.freeBytes < (options.fullBelowBytes ?? FULL_BELOW_BYTES)) return 'full';
  return undefined;
}

/**
 * Percentile rank of each value among all (docs/spec/placement.md, clause 2): the share of the others that are worse,
 * ties counting half. Larger values are better; 1 for a single value.
 */
function percentiles(values: readonly number[]): number[] {
  if (values.length < 2) return values.map(() => 1);
  const sorted = [...values].sort((a, b) => a - b);
  const bounds = new Map<number, { first: number; last: number }>();
  sorted.forEach((value, index) => {
    const bound = bounds.get(value);
    if (bound) bound.last = index;
    else bounds.set(value, { first: index, last: index });
  });
  return values.map((value) => {
    const bound = bounds.get(value) ?? { first: 0, last: 0 };
    return (bound.first + bound.last) / 2 / (values.length - 1);
  });
}

function better(a: Omit<RankedPeer, 'rank'>, b: Omit<RankedPeer, 'rank'>): number {
  if (a.score !== b.score) return b.score - a.score;
  const latencies = latencyOf(a.facts) - latencyOf(b.facts);
  if (latencies !== 0 && !Number.isNaN(latencies)) return latencies;
  if (a.facts.freeBytes !== b.facts.freeBytes) return b.facts.freeBytes - a.facts.freeBytes;
  return a.facts.peer < b.facts.peer ? -1 : 1;
}

function latencyOf(facts: PeerFacts): number {
  return facts.latencyMs ?? Number.POSITIVE_INFINITY;
}

/** Ranks the eligible candidates and says why the others are not (P1, P2). */
export function rankPeers(candidates: readonly PeerFacts[], options: RankOptions = {}): Ranking {
  const known = candidates.filter((facts) => facts.machine !== '');
  const trialMesh = known.length > 0 && known.every((facts) => facts.machine === options.machine);
  const eligible: PeerFacts[] = [];
  const leftOut: LeftOutPeer[] = [];
  for (const facts of candidates) {
    const reason = reasonAgainst(facts, options, trialMesh);
    if (reason) leftOut.push({ facts, reason });
    else eligible.push(facts);
  }
  const weights = options.weights ?? DEFAULT_WEIGHTS;
  const total = weights.latency + weights.free;
  const latencyScores = percentiles(eligible.map((facts) => -latencyOf(facts)));
  const freeScores = percentiles(eligible.map((facts) => facts.freeBytes));
  const scored = eligible.map((facts, index) => {
    const latencyScore = latencyScores[index] ?? 0;
    const freeScore = freeScores[index] ?? 0;
    const score = total > 0 ? (weights.latency * latencyScore + weights.free * freeScore) / total : 0;
    return { facts, latencyScore, freeScore, score };
  });
  const ranked = scored.sort(better).map((peer, index) => ({ ...peer, rank: index + 1 }));
  return { ranked, leftOut, trialMesh };
}
