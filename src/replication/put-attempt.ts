/** One sending of a chunk: to one holder, or to one that passes it on to others; its outcome is a fact, never a rejection (T2, L5). */
import { VaultError } from '../model/errors.ts';
import type { PeerName } from '../model/ids.ts';
import type { Clock } from '../runtime/clock.ts';
import type { SealedChunk, WaitOptions } from '../store/chunk-store.ts';
import type { Holder } from './holder.ts';

interface Outcome {
  /** Whose receipts were verified. */
  readonly stored: readonly PeerName[];
  /** Why the one it was sent to has none. */
  readonly error?: unknown;
  /** How long passing it on took. */
  readonly waitMs: number;
  /** The sending looks at the chunk's bytes no more. */
  readonly unused: boolean;
}

export interface Attempt {
  /** Who it is sent to. */
  readonly lead: Holder;
  /** Who shall have it in the end, the lead among them. */
  readonly peers: readonly PeerName[];
  readonly relayed: boolean;
  readonly startedMs: number;
  /** Who is not waited for any more, though it may still bring a receipt: nobody, those behind the lead, or all. */
  late: 'nobody' | 'behind' | 'all';
  /** Present once it has ended. */
  outcome?: Outcome;
  readonly ended: Promise<Attempt>;
  /** Nobody waits for it any more: what it does from now on counts for nothing. */
  leave(): void;
}

export interface Sending {
  readonly chunk: SealedChunk;
  readonly holders: ReadonlyMap<PeerName, Holder>;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
}

export function beginPut(sending: Sending, lead: Holder): Attempt {
  return begin(sending, lead, [lead.peer], async ({ chunk }, wait) => {
    const { holders, unused = false } = await lead.store.put(chunk, wait);
    if (!holders.includes(lead.peer)) throw new VaultError('denied', `peer ${lead.peer} gave no receipt`);
    return { stored: [lead.peer], waitMs: 0, unused };
  });
}

/** The lead passes it on to `others`, in that order. */
export function beginSpread(sending: Sending, lead: Holder, others: readonly Holder[]): Attempt {
  const behind = others.map(({ peer }) => peer);
  return begin(sending, lead, [lead.peer, ...behind], async ({ chunk }, wait) => {
    if (!lead.store.spread) throw new VaultError('internal', `bug: ${lead.peer} passes nothing on`);
    const { holders, waitMs, unused = false } = await lead.store.spread(chunk, behind, wait);
    return { stored: holders, waitMs, unused };
  });
}

type Send = (sending: Sending, wait: WaitOptions) => Promise<Outcome>;

function begin(sending: Sending, lead: Holder, peers: readonly PeerName[], send: Send): Attempt {
  const { clock, signal, holders, chunk } = sending;
  const controller = new AbortController();
  const both = signal ? AbortSignal.any([signal, controller.signal]) : controller.signal;
  const startedMs = clock.monotonicMs();
  const run = async (): Promise<Attempt> => {
    try {
      const outcome = await send(sending, { signal: both });
      for (const peer of outcome.stored) holders.get(peer)?.stored(chunk.bytes.length);
      lead.acknowledged(clock.monotonicMs(), startedMs);
      attempt.outcome = outcome;
    } catch (error) {
      if (!both.aborted) lead.failed(clock.monotonicMs(), startedMs, error);
      attempt.outcome = { stored: [], error, waitMs: 0, unused: false };
    }
    return attempt;
  };
  const leave = (): void => controller.abort(new VaultError('closed', 'the chunk is where it should be'));
  const attempt: Attempt = {
    lead,
    peers,
    relayed: peers.length > 1,
    startedMs,
    late: 'nobody',
    leave,
    // In the next turn, when `attempt` exists.
    ended: Promise.resolve().then(run),
  };
  return attempt;
}
