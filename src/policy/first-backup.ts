/** What measured rates mean for a first backup: what holds it up, about how long it takes, and what is assumed. Pure. */
import { formatBytes, formatDuration, GiB } from '../model/units.ts';

/** All rates are bytes a second. */
export interface BenchRates {
  /** Cut, recognised and sealed by all threads, of content that does not compress. */
  readonly sealRate: number;
  /** From the disk; absent when it was not measured. */
  readonly readRate?: number;
  /** Absent when no mesh was looked at. */
  readonly mesh?: MeshRates;
}

interface MeshRates {
  /** Copies of each chunk that the vault asks for. */
  readonly copies: number;
  /** Peers that can take chunks now; the rate is absent where sending could not be measured. */
  readonly peers: readonly { readonly name: string; readonly sendRate?: number }[];
}

export type Bottleneck = 'processor' | 'disk' | 'line' | 'peer';

export interface FirstBackup {
  readonly bytes: number;
  /** Each chunk is sent once and passed on by its holders; the same as `slowestSeconds` where nothing is sent. */
  readonly fastestSeconds: number;
  /** Each chunk is sent once for each copy. */
  readonly slowestSeconds: number;
  readonly bottleneck: Bottleneck;
  /** Whether sending is in it. */
  readonly lineMeasured: boolean;
  /** For people: what and how long, then what is assumed. */
  readonly sentences: readonly string[];
}

const BYTES: number = 100 * GiB;

interface Stage {
  readonly name: Bottleneck;
  readonly fastest: number;
  readonly slowest: number;
  readonly words: string;
}

function speed(rate: number): string {
  return `${formatBytes(rate)}/s`;
}

function machineStages({ sealRate, readRate }: BenchRates): readonly Stage[] {
  const stage = (name: Bottleneck, rate: number, what: string): Stage => {
    const seconds = BYTES / rate;
    return { name, fastest: seconds, slowest: seconds, words: `${what} (${speed(rate)})` };
  };
  return [
    stage('processor', sealRate, 'compressing and sealing'),
    ...(readRate === undefined ? [] : [stage('disk', readRate, 'reading the disk')]),
  ];
}

/** Peers get equal shares; the fastest of them shows what the line of this machine can do at least. */
function lineStages({ copies, peers }: MeshRates): readonly Stage[] {
  const measured = peers.filter((peer) => peer.sendRate !== undefined) as readonly {
    readonly name: string;
    readonly sendRate: number;
  }[];
  const [first, ...rest] = measured;
  if (first === undefined) return [];
  const fastest = rest.reduce((best, peer) => (peer.sendRate > best.sendRate ? peer : best), first);
  const slowest = rest.reduce((worst, peer) => (peer.sendRate < worst.sendRate ? peer : worst), first);
  const reached = Math.min(copies, peers.length);
  const once = BYTES / fastest.sendRate;
  const share = (BYTES * reached) / peers.length / slowest.sendRate;
  return [
    {
      name: 'line',
      fastest: once,
      slowest: once * reached,
      words: `the line to the peers (${speed(fastest.sendRate)})`,
    },
    {
      name: 'peer',
      fastest: share,
      slowest: share,
      words: `the slowest peer, ${slowest.name} (${speed(slowest.sendRate)})`,
    },
  ];
}

const MINUTE = 60;
const HOUR = 3600;

/** Of a time that is known to be rough, no more digits than it has. */
function about(seconds: number): string {
  const step = seconds > 2 * HOUR ? 5 * MINUTE : seconds > 10 * MINUTE ? MINUTE : 10;
  return formatDuration(Math.max(1, Math.round(seconds / step)) * step * 1000);
}

function spanText(fastest: number, slowest: number): string {
  const [from, to] = [about(fastest), about(slowest)];
  return from === to ? `about ${from}` : `about ${from} to ${to}`;
}

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

function assumptions(rates: BenchRates, sent: boolean, spread: boolean): string {
  const { mesh, readRate } = rates;
  const peers = mesh?.peers.length ?? 0;
  const reached = Math.min(mesh?.copies ?? 0, peers);
  return `Assumed: ${[
    'large files that do not compress, like photos and films, and of which the vault has nothing yet',
    ...(readRate === undefined ? ['a disk that is fast enough'] : []),
    ...(sent
      ? [`${counted(reached, 'copy', 'copies')} on ${counted(peers, 'peer', 'peers')} in equal shares`]
      : []),
    ...(spread
      ? [
          'the shorter time when each chunk is sent once and the holders pass it on, the longer when it is sent for each copy',
        ]
      : []),
    'as much else at work, here and there, as while it was measured',
  ].join('; ')}.`;
}

/** `rates.sealRate` is more than 0. */
export function firstBackup(rates: BenchRates): FirstBackup {
  const line = rates.mesh ? lineStages(rates.mesh) : [];
  const stages = [...machineStages(rates), ...line];
  const fastestSeconds = Math.max(...stages.map(({ fastest }) => fastest));
  const slowestSeconds = Math.max(...stages.map(({ slowest }) => slowest));
  const worst = stages.find(({ slowest }) => slowest === slowestSeconds) as Stage;
  const sent = line.length > 0;
  const what = sent
    ? `A first backup of ${formatBytes(BYTES)}`
    : `Reading and sealing ${formatBytes(BYTES)} here`;
  return {
    bytes: BYTES,
    fastestSeconds,
    slowestSeconds,
    bottleneck: worst.name,
    lineMeasured: sent,
    sentences: [
      `${what} would take ${spanText(fastestSeconds, slowestSeconds)}; what holds it up is ${worst.words}.`,
      ...(sent ? [] : ['How long sending takes was not measured, and may well be longer.']),
      assumptions(rates, sent, about(fastestSeconds) !== about(slowestSeconds)),
    ],
  };
}
