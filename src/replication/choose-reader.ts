/** Which holder to ask next for a chunk (P4, T3): where it should be first, the one that would answer soonest, resting ones last. */
import type { PeerName } from '../model/ids.ts';
import { typicalServiceMs } from './speed.ts';

/** What is known about one holder that was not asked for this chunk yet. In placement order. */
export interface ReaderView {
  readonly peer: PeerName;
  /** Placement says that it has the chunk. */
  readonly placed: boolean;
  readonly resting: boolean;
  /** Reads that are under way there. */
  readonly inFlight: number;
  readonly serviceMs: number | undefined;
}

/** Holders that should not have the chunk are asked this many at a time: most will only say no. */
export const WIDE = 4;

/** How it stands with one chunk. */
export interface RaceState {
  /** Holders that were asked and have not answered. */
  readonly running: number;
  /** The last one asked has taken longer than one waits for it. */
  readonly overdue: boolean;
}

/**
 * Who to ask now. One placed holder at a time: the one with the shortest expected wait, (inFlight + 1) * serviceMs, so
 * that under load each gets work in proportion to its speed. Then the others, some at a time. Resting holders only when
 * nobody else is left to wait for, and then all of them at once.
 */
export function chooseReaders(views: readonly ReaderView[], race: RaceState): readonly PeerName[] {
  const awake = views.filter((view) => !view.resting);
  const placed = awake.filter((view) => view.placed);
  if (placed.length > 0) return [soonest(placed, typicalServiceMs(views.map((view) => view.serviceMs)))];
  if (awake.length > 0) return awake.slice(0, Math.max(0, WIDE - race.running)).map((view) => view.peer);
  return race.running === 0 || race.overdue ? views.map((view) => view.peer) : [];
}

function soonest(views: readonly ReaderView[], typicalMs: number): PeerName {
  let best = '';
  let bestMs = Number.POSITIVE_INFINITY;
  for (const { peer, inFlight, serviceMs } of views) {
    const expectedMs = (inFlight + 1) * Math.max(0.01, serviceMs ?? typicalMs);
    if (best === '' || expectedMs < bestMs) {
      best = peer;
      bestMs = expectedMs;
    }
  }
  return best;
}
