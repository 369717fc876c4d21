/**
 * The way to one peer and back, by chunks of the vault that the peer keeps: they are fetched, and the same ones are sent to it again. It
 * compares them with what it has and gives a receipt, so nothing new is kept anywhere; its disk reads where a backup makes it write.
 */
import { isVaultError, VaultError } from '../model/errors.ts';
import type { Digest } from '../model/ids.ts';
import { MiB } from '../model/units.ts';
import type { RemotePeer } from '../protocol/remote-peer.ts';
import type { Clock } from '../runtime/clock.ts';
import type { SealedChunk, WaitOptions } from '../store/chunk-store.ts';
import { perSecond } from './bench-disk.ts';
import type { PeerBench } from './bench-types.ts';

/** As many requests as a backup has under way to one holder, about. */
const AT_ONCE = 4;
const PINGS = 5;
/** Fetched chunks wait in memory to be sent back. */
const MOST_BYTES: number = 64 * MiB;
/** A line on which one chunk takes longer is told to be that slow. */
const CHUNK_MS = 8000;

export interface PeerBenchParts {
  readonly clock: Clock;
  readonly remote: RemotePeer;
  /** Chunks that a log keeps alive, the smallest first. */
  readonly chunks: readonly Digest[];
  /** For each way. */
  readonly ms: number;
  readonly wait: WaitOptions;
}

type Measured = Pick<
  PeerBench,
  'latencyMs' | 'sendRate' | 'receiveRate' | 'bytesSent' | 'bytesReceived' | 'trouble'
>;

/** That a peer refuses, hangs or goes is what is told of it, not the end. */
export async function benchPeer(parts: PeerBenchParts): Promise<Measured> {
  const { remote, wait } = parts;
  let found: Measured = { bytesSent: 0, bytesReceived: 0 };
  try {
    found = { ...found, latencyMs: await latency(remote, wait) };
    const has = await remote.has(parts.chunks, wait);
    const kept = parts.chunks.filter((_, at) => has[at] === true);
    const [first, ...others] = kept;
    if (first === undefined) {
      return {
        ...found,
        trouble: 'keeps nothing of this vault, so nothing can be sent there without being kept',
      };
    }
    // The stream is opened and greeted before anything counts.
    const small = await timed([first], parts, (digest, options) => fetched(remote, digest, options));
    const down =
      others.length === 0
        ? small
        : await timed(others, parts, (digest, options) => fetched(remote, digest, options));
    found = { ...found, receiveRate: perSecond(down.bytes, down.ms), bytesReceived: down.bytes };
    const up = await timed(down.done, parts, async (chunk, options) => {
      await remote.put(chunk, options);
      return chunk;
    });
    return { ...found, sendRate: perSecond(up.bytes, up.ms), bytesSent: up.bytes };
  } catch (error) {
    wait.signal?.throwIfAborted();
    if (!isVaultError(error)) throw error;
    return { ...found, trouble: error.message };
  }
}

async function latency(remote: RemotePeer, wait: WaitOptions): Promise<number> {
  const trips: number[] = [];
  for (let i = 0; i < PINGS; i++) trips.push(await remote.pingMs(wait));
  return trips.toSorted((a, b) => a - b)[PINGS >> 1] ?? 0;
}

async function fetched(remote: RemotePeer, digest: Digest, options: WaitOptions): Promise<SealedChunk> {
  const bytes = await remote.get(digest, options);
  if (bytes) return { digest, bytes };
  throw new VaultError('not-found', 'has not what it says it has');
}

interface Moved {
  readonly done: readonly SealedChunk[];
  readonly bytes: number;
  readonly ms: number;
}

/** Moves items, some at once, until the time is over; what was begun is waited for. Throws 'timeout' when not even one is done in time. */
async function timed<T>(
  items: readonly T[],
  { clock, ms, wait }: PeerBenchParts,
  move: (item: T, options: WaitOptions) => Promise<SealedChunk>,
): Promise<Moved> {
  const giveUp = new AbortController();
  const cancel = clock.schedule(CHUNK_MS, () =>
    giveUp.abort(new VaultError('timeout', `one chunk took longer than ${CHUNK_MS / 1000} s`)),
  );
  const signal = wait.signal ? AbortSignal.any([wait.signal, giveUp.signal]) : giveUp.signal;
  const startMs = clock.monotonicMs();
  const done: SealedChunk[] = [];
  let [at, bytes, endMs] = [0, 0, startMs];
  const lane = async (): Promise<void> => {
    while (at < items.length && bytes < MOST_BYTES && (at === 0 || clock.monotonicMs() - startMs < ms)) {
      const chunk = await move(items[at++] as T, { signal });
      done.push(chunk);
      bytes += chunk.bytes.length;
      endMs = clock.monotonicMs();
    }
  };
  try {
    const lanes = await Promise.allSettled(Array.from({ length: AT_ONCE }, lane));
    wait.signal?.throwIfAborted();
    const failed = lanes.find((each) => each.status === 'rejected');
    if (failed && (done.length === 0 || !giveUp.signal.aborted)) throw failed.reason;
    return { done, bytes, ms: endMs - startMs };
  } finally {
    cancel();
  }
}

/** What is not measured of a peer for want of time. */
export function notMeasured(): Measured {
  return { bytesSent: 0, bytesReceived: 0, trouble: 'not measured: the time was over' };
}
