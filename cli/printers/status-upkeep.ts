/** Who is away and what is being repaired, as `vault status` says it. */
import {
  type AwayPeer,
  formatDuration,
  type RepairingPeer,
  type UnsoundPeer,
  type VaultStatusReport,
} from '../../src/index.ts';
import { count, localTime, printable } from './words.ts';

const MEANING: Readonly<Record<AwayPeer['health'], string>> = {
  silent: 'does not answer this machine',
  away: 'its copies stay on the books',
  lost: 'taken to be lost, so its copies belong on other peers now',
  unsound: 'failed the audits of other holders, so its copies are not counted',
};

/** Each as wide as the others of the report. */
const HEADS: Readonly<Record<AwayPeer['health'], string>> = {
  silent: 'away     ',
  away: 'away     ',
  lost: 'lost     ',
  unsound: 'unsound  ',
};

export function awayLine({ peer, name, silentMs, health }: AwayPeer, { unsound }: VaultStatusReport): string {
  const by = unsound.find((row) => row.peer === peer)?.by ?? [];
  if (health === 'unsound' && by.length > 0)
    return `${HEADS[health]} ${printable(name)}: failed the audits of ${by.map(printable).join(', ')}, so its copies are not counted`;
  const since = silentMs === undefined ? '' : `silent for at least ${formatDuration(silentMs)}, `;
  return `${HEADS[health]} ${printable(name)}: ${since}${MEANING[health]}`;
}

/** Who is doubted, but not by enough others for its copies not to count. */
export function doubtLine({ name, by }: UnsoundPeer): string {
  return `doubted   ${printable(name)}: failed the audits of ${by.map(printable).join(', ')}; its copies count until another holder finds the same`;
}

/** So many silent at once look like a broken network, and holders wait before they repair (R2). */
export function brakeLine({ braked }: VaultStatusReport): string | undefined {
  if (braked.length === 0) return undefined;
  const why = 'so many fell silent at once that it looks like a broken network';
  return `waiting   ${braked.map(printable).join(', ')}: ${why}; "vault repair" does it now`;
}

export function repairingLine({ name, missing, unavailable, sinceMs }: RepairingPeer): string {
  const since = `since ${localTime(sinceMs)}`;
  if (unavailable >= missing)
    return `lacking   ${printable(name)}: ${count(missing, 'chunk')} that nobody who answers it has, ${since}`;
  const but = unavailable > 0 ? `, of which nobody who answers it has ${unavailable}` : '';
  return `repairing ${printable(name)}: ${count(missing, 'chunk')} to fetch${but}, ${since}`;
}

/** What cannot be read at the moment, and whether waiting can help. */
export function unavailableLines({ chunksUnavailable, chunksLost }: VaultStatusReport): readonly string[] {
  const gone = 'no holder has any copy; a backup of the same files makes new ones';
  const missing = chunksUnavailable - chunksLost;
  return [
    ...(chunksLost > 0 ? [`lost      ${count(chunksLost, 'chunk')}: ${gone}`] : []),
    ...(missing > 0
      ? [`missing   ${count(missing, 'chunk')}: on no holder that answers and counts now`]
      : []),
  ];
}

export function awayJson({ peer, name, silentMs, health }: AwayPeer): Readonly<Record<string, unknown>> {
  return {
    peer_id: peer,
    name,
    health,
    ...(silentMs === undefined ? {} : { silent_seconds: Math.round(silentMs / 1000) }),
  };
}

export function unsoundJson({ peer, name, by, counted }: UnsoundPeer): Readonly<Record<string, unknown>> {
  return { peer_id: peer, name, by, counted };
}

export function repairingJson(row: RepairingPeer): Readonly<Record<string, unknown>> {
  const { peer, name, missing, unavailable, sinceMs } = row;
  const chunks = { chunks_missing: missing, chunks_unavailable: unavailable };
  return { peer_id: peer, name, ...chunks, since: new Date(sinceMs).toISOString() };
}
