/** Who is away and what is being repaired, as `vault status` says it. */
import {
  type AwayPeer,
  formatDuration,
  type RepairingPeer,
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

export function awayLine({ name, silentMs, health }: AwayPeer): string {
  const since = silentMs === undefined ? '' : `silent for at least ${formatDuration(silentMs)}, `;
  return `${HEADS[health]} ${printable(name)}: ${since}${MEANING[health]}`;
}

/** So many silent at once look like a broken network, and holders wait before they repair (R2). */
export function brakeLine({ away, holdersKnown }: VaultStatusReport): string | undefined {
  const waiting = away.filter(({ health }) => health !== 'lost').length;
  if (waiting < 2 || waiting * 3 <= holdersKnown) return undefined;
  return '          so many at once look like a broken network: holders wait with repair; "vault repair" does it now';
}

export function repairingLine({ name, missing, sinceMs }: RepairingPeer): string {
  return `repairing ${printable(name)}: ${count(missing, 'chunk')} to fetch, since ${localTime(sinceMs)}`;
}

export function awayJson({ peer, name, silentMs, health }: AwayPeer): Readonly<Record<string, unknown>> {
  return {
    peer_id: peer,
    name,
    health,
    ...(silentMs === undefined ? {} : { silent_seconds: Math.round(silentMs / 1000) }),
  };
}

export function repairingJson(row: RepairingPeer): Readonly<Record<string, unknown>> {
  const { peer, name, missing, sinceMs } = row;
  return { peer_id: peer, name, chunks_missing: missing, since: new Date(sinceMs).toISOString() };
}
