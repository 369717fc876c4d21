/**
 * Who is alive, suspect, away or lost (R1), as one peer sees it: silence is counted in the watcher's own running time only, and
 * when more than a third fall silent together the watcher suspects its own network and waits (R2, the brake). See placement.md, clause 9.
 */
import type { PeerName } from '../model/ids.ts';

export type Health = 'alive' | 'suspect' | 'away' | 'lost';

export interface HealthSettings {
  /** Silent this long: read elsewhere. */
  readonly suspectMs: number;
  /** Silent this long: its copies stay on the books, but do not count as live. */
  readonly awayMs: number;
  /** Silent this long: its copies are replaced. */
  readonly lostMs: number;
  /** Peers that fell silent within this time of each other fell silent together. */
  readonly togetherMs: number;
  /** How long those who fell silent together are given the benefit of the doubt. */
  readonly brakeMs: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS: number = 60 * MINUTE_MS;

export const DEFAULT_HEALTH: HealthSettings = {
  suspectMs: 5 * MINUTE_MS,
  awayMs: 15 * MINUTE_MS,
  lostMs: 72 * HOUR_MS,
  togetherMs: HOUR_MS,
  brakeMs: 7 * 24 * HOUR_MS,
};

/** One peer that does not answer. */
export interface Silence {
  readonly peer: PeerName;
  /** What of its silence counts: time in which we ran and it was not braked. */
  readonly silentMs: number;
  /** Our own running time when it fell silent; `runningMs - sinceMs` is how long it has been silent, brake included. */
  readonly sinceMs: number;
}

/** What a watcher remembers, also across restarts. Plain data; a watched peer without a silence is alive. */
export interface HealthBook {
  /** Our own running time so far. */
  readonly runningMs: number;
  readonly silences: readonly Silence[];
}

export const EMPTY_HEALTH_BOOK: HealthBook = { runningMs: 0, silences: [] };

export interface Observation {
  /** Our own running time since the last observation; time that we slept or were off is not in it. */
  readonly elapsedMs: number;
  readonly watched: readonly PeerName[];
  /** Who answered a request or made one since the last observation. */
  readonly heard: ReadonlySet<PeerName>;
}

export interface Judgement {
  /** Of every watched peer. */
  readonly health: ReadonlyMap<PeerName, Health>;
  /** Whose health is capped at 'suspect' because too many fell silent with it. */
  readonly braked: readonly PeerName[];
}

/** A single peer that falls silent is not "together" with anybody, however small the mesh. */
const FEWEST_TOGETHER = 2;

/**
 * The silent peers that are braked: those in any window of `togetherMs` in which more than a third fell silent of all who
 * were there when it began (us included). Those who are lost are past the brake, and those silent before it count as gone.
 */
function brakedOf(book: HealthBook, watched: ReadonlySet<PeerName>, settings: HealthSettings): Set<PeerName> {
  const silent = book.silences
    .filter((silence) => watched.has(silence.peer))
    .sort((a, b) => a.sinceMs - b.sinceMs);
  const doubtful = silent.filter((s) => s.silentMs >= settings.suspectMs && s.silentMs < settings.lostMs);
  const braked = new Set<PeerName>();
  let end = 0;
  let gone = 0;
  let marked = 0;
  for (const [begin, first] of doubtful.entries()) {
    while ((doubtful[end]?.sinceMs ?? Number.POSITIVE_INFINITY) <= first.sinceMs + settings.togetherMs) end++;
    while ((silent[gone]?.sinceMs ?? Number.POSITIVE_INFINITY) < first.sinceMs) gone++;
    const together = end - begin;
    const present = watched.size + 1 - gone;
    if (book.runningMs - first.sinceMs >= settings.brakeMs) continue;
    if (together < FEWEST_TOGETHER || together * 3 <= present) continue;
    for (const { peer } of doubtful.slice(Math.max(begin, marked), end)) braked.add(peer);
    marked = end;
  }
  return braked;
}

/** The book after one more stretch of running time. Peers no longer watched are forgotten. */
export function observe(book: HealthBook, seen: Observation, settings: HealthSettings): HealthBook {
  const watched = new Set(seen.watched);
  const braked = brakedOf(book, watched, settings);
  const before = new Map(book.silences.map((silence) => [silence.peer, silence]));
  const silences: Silence[] = [];
  for (const peer of watched) {
    if (seen.heard.has(peer)) continue;
    const known = before.get(peer) ?? { peer, silentMs: 0, sinceMs: book.runningMs };
    silences.push(braked.has(peer) ? known : { ...known, silentMs: known.silentMs + seen.elapsedMs });
  }
  return { runningMs: book.runningMs + seen.elapsedMs, silences };
}

function healthAfter(silentMs: number, braked: boolean, settings: HealthSettings): Health {
  if (silentMs < settings.suspectMs) return 'alive';
  if (braked || silentMs < settings.awayMs) return 'suspect';
  return silentMs < settings.lostMs ? 'away' : 'lost';
}

/** What the book says of every watched peer. */
export function judge(book: HealthBook, watched: readonly PeerName[], settings: HealthSettings): Judgement {
  const names = new Set(watched);
  const braked = brakedOf(book, names, settings);
  const silentMs = new Map(book.silences.map((silence) => [silence.peer, silence.silentMs]));
  const health = new Map<PeerName, Health>();
  for (const peer of names)
    health.set(peer, healthAfter(silentMs.get(peer) ?? 0, braked.has(peer), settings));
  return { health, braked: [...braked] };
}
