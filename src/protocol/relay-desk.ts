/** Passes chunks on to the holders behind this one, within bounds of memory, and says what became of each (T2, T4). */
import { isVaultError, VaultError } from '../model/errors.ts';
import type { PeerName } from '../model/ids.ts';
import { MiB } from '../model/units.ts';
import type { Network } from '../network/network.ts';
import type { Clock } from '../runtime/clock.ts';
import { BULK_PROTOCOL } from './methods.ts';
import { type Carry, carry, type Kept } from './relay-methods.ts';
import { RemoteLink } from './remote-link.ts';

export interface RelayDeskOptions {
  readonly network: Network;
  readonly clock: Clock;
  readonly limits?: Partial<RelayLimits> | undefined;
}

export interface RelayLimits {
  /** Bytes of chunks that are being passed on for all askers together, and for one of them. More is left to the asker. */
  readonly relayBytes: number;
  readonly relayBytesPerPeer: number;
  /** Without a byte from the next holder, a sign of life included. Shorter than the patience of who asked, longer than `aliveMs`. */
  readonly relayStallMs: number;
}

/** One chunk on its way. */
export interface Parcel {
  readonly request: Carry;
  readonly bytes: Uint8Array;
  /** Who keeps it besides this peer and those before it. */
  readonly to: readonly PeerName[];
  /** Who asked. */
  readonly from: PeerName;
  readonly signal: AbortSignal;
}

const DEFAULTS: RelayLimits = { relayBytes: 32 * MiB, relayBytesPerPeer: 16 * MiB, relayStallMs: 3_500 };
/** A holder that could not be reached is not tried again for this long: the asker does better himself. */
const REST_MS = 30_000;
/** A line that was not used for so long is closed. */
const IDLE_MS = 60_000;

/** Opening a line may take so many times as long as nobody waits for one chunk. */
const OPENING_FACTOR = 3;
/** A holder that takes so many times as long as it usually does is given up. */
const OVERDUE_FACTOR = 4;
/** Weight of the newest chunk in what is usual. */
const FRESH = 0.2;

interface Line {
  readonly link: RemoteLink;
  /** How long it takes to keep and pass on a chunk, lately. */
  usualMs: number | undefined;
  users: number;
  usedMs: number;
}

export class RelayDesk {
  readonly #options: RelayDeskOptions;
  readonly #limits: RelayLimits;
  readonly #lines = new Map<PeerName, Line>();
  readonly #restUntilMs = new Map<PeerName, number>();
  readonly #bytesOf = new Map<PeerName, number>();
  readonly #stop = new AbortController();
  #bytes = 0;
  #cancelSweep: (() => void) | undefined;

  constructor(options: RelayDeskOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULTS, ...options.limits };
  }

  /** One entry for each of `to`: its own receipt as it came, or a code. Never rejects. */
  async pass(parcel: Parcel): Promise<readonly Kept[]> {
    const release = this.#room(parcel);
    if (!release) return parcel.to.map((peer) => ({ peer, code: 'unavailable' }));
    try {
      return await this.#passAll(parcel);
    } finally {
      release();
    }
  }

  async stop(): Promise<void> {
    this.#stop.abort(new VaultError('closed', 'this peer is stopping'));
    this.#cancelSweep?.();
    await Promise.all([...this.#lines.values()].map(({ link }) => link.close()));
  }

  /** The next takes all that is left along. When it cannot be reached, the one behind it is tried; of whom it tells, nobody is tried twice. */
  async #passAll(parcel: Parcel): Promise<readonly Kept[]> {
    const outcomes = new Map<PeerName, Kept>();
    for (const peer of parcel.to) {
      if (outcomes.has(peer)) continue;
      for (const kept of await this.#send(parcel, peer)) {
        if (parcel.to.includes(kept.peer)) outcomes.set(kept.peer, kept);
      }
    }
    return parcel.to.map((peer) => outcomes.get(peer) ?? { peer, code: 'unavailable' });
  }

  async #send({ request, bytes, signal }: Parcel, peer: PeerName): Promise<readonly Kept[]> {
    const { clock } = this.#options;
    if (clock.monotonicMs() < (this.#restUntilMs.get(peer) ?? 0)) return [{ peer, code: 'unavailable' }];
    const line = this.#line(peer);
    const startedMs = clock.monotonicMs();
    const late = this.#lateness(peer, line);
    line.users += 1;
    try {
      const all = AbortSignal.any([signal, this.#stop.signal, late.signal]);
      const { meta } = await line.link.request(carry, request, bytes, all);
      const tookMs = clock.monotonicMs() - startedMs;
      line.usualMs = line.usualMs === undefined ? tookMs : line.usualMs + FRESH * (tookMs - line.usualMs);
      this.#restUntilMs.delete(peer);
      return meta.kept;
    } catch (error) {
      const code = isVaultError(error) ? error.code : 'internal';
      const gone = isVaultError(error, 'unavailable', 'timeout', 'closed', 'bad-frame', 'foreign-mesh');
      if (gone && !signal.aborted) this.#restUntilMs.set(peer, clock.monotonicMs() + REST_MS);
      return [{ peer, code }];
    } finally {
      late.cancel();
      line.users -= 1;
      line.usedMs = clock.monotonicMs();
      this.#sweepLater();
    }
  }

  /**
   * A signal that nothing comes from there any more, or that one chunk takes far longer than others did. That bytes still go there says
   * nothing: buffers take them for a dead peer, too.
   */
  #lateness(peer: PeerName, { link, usualMs }: Line): { readonly signal: AbortSignal; cancel(): void } {
    const { clock } = this.#options;
    const { relayStallMs } = this.#limits;
    const controller = new AbortController();
    const startedMs = clock.monotonicMs();
    const overdueMs =
      usualMs === undefined ? Number.POSITIVE_INFINITY : Math.max(2 * relayStallMs, OVERDUE_FACTOR * usualMs);
    let cancel = (): void => undefined;
    const look = (): void => {
      const ageMs = clock.monotonicMs() - startedMs;
      const leftMs = Math.min(relayStallMs - (link.silentMs() ?? ageMs), overdueMs - ageMs);
      if (leftMs > 0) cancel = clock.schedule(leftMs, look);
      else controller.abort(new VaultError('timeout', `peer ${peer} does not answer`, { data: { peer } }));
    };
    cancel = clock.schedule(relayStallMs, look);
    return { signal: controller.signal, cancel: () => cancel() };
  }

  #line(peer: PeerName): Line {
    const known = this.#lines.get(peer);
    if (known) return known;
    const { network, clock } = this.#options;
    const stallMs = OPENING_FACTOR * this.#limits.relayStallMs; // a line that took too long for one chunk may serve the next
    const link = new RemoteLink({
      network,
      peer,
      protocol: BULK_PROTOCOL,
      clock,
      stallMs,
      greeting: undefined,
    });
    const line: Line = { link, usualMs: undefined, users: 0, usedMs: clock.monotonicMs() };
    this.#lines.set(peer, line);
    return line;
  }

  #room({ bytes, from }: Parcel): (() => void) | undefined {
    const { relayBytes, relayBytesPerPeer } = this.#limits;
    const before = this.#bytesOf.get(from) ?? 0;
    const full = this.#bytes + bytes.length > relayBytes || before + bytes.length > relayBytesPerPeer;
    if (full || this.#stop.signal.aborted) return undefined;
    this.#count(from, bytes.length);
    return () => this.#count(from, -bytes.length);
  }

  #count(from: PeerName, bytes: number): void {
    this.#bytes += bytes;
    const left = (this.#bytesOf.get(from) ?? 0) + bytes;
    if (left > 0) this.#bytesOf.set(from, left);
    else this.#bytesOf.delete(from);
  }

  /** One timer at most, and none while nothing is open. */
  #sweepLater(): void {
    if (this.#cancelSweep || this.#lines.size === 0 || this.#stop.signal.aborted) return;
    this.#cancelSweep = this.#options.clock.schedule(IDLE_MS, () => {
      this.#cancelSweep = undefined;
      this.#sweep();
    });
  }

  #sweep(): void {
    const nowMs = this.#options.clock.monotonicMs();
    for (const [peer, untilMs] of this.#restUntilMs) if (untilMs <= nowMs) this.#restUntilMs.delete(peer);
    for (const [peer, line] of this.#lines) {
      if (line.users > 0 || nowMs - line.usedMs < IDLE_MS) continue;
      this.#lines.delete(peer);
      void line.link.close();
    }
    this.#sweepLater();
  }
}
