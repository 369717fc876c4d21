/** The peer's side of both protocols: serves what it holds to the mesh, within one budget of memory for all streams (T1, T4). */
import { VaultError } from '../model/errors.ts';
import { keyOf, type PeerName, type VaultId } from '../model/ids.ts';
import { MiB } from '../model/units.ts';
import type { ByteStream, Network } from '../network/network.ts';
import type { Clock } from '../runtime/clock.ts';
import { ByteGate } from '../runtime/limiter.ts';
import type { Holdings } from '../store/holdings.ts';
import { dutyHandlers } from './duty-handlers.ts';
import type { HolderDuties } from './holder-duties.ts';
import { type HolderFacts, holderHandlers } from './holder-handlers.ts';
import { BULK_PROTOCOL, CONTROL_PROTOCOL } from './methods.ts';
import { ProofDesk } from './proof-desk.ts';
import { RelayDesk, type RelayLimits } from './relay-desk.ts';
import { relayHandlers } from './relay-handlers.ts';
import { type ServerLimits, type ServerOptions, serveStream } from './rpc-server.ts';

export interface HolderServiceOptions {
  readonly network: Network;
  readonly holdings: Holdings;
  /** The encoded, signed advert of the moment (M4). */
  readonly advert: () => Uint8Array;
  readonly clock: Clock;
  /** Called once for each vault of which something is stored here for the first time: it is to be announced (M3). */
  readonly onVault?: ((vault: VaultId) => void) | undefined;
  /** The part of the peer that keeps copies alive; without it the members of a vault get nothing but chunks and logs from here. */
  readonly duties?: HolderDuties | undefined;
  readonly log?: ((message: string) => void) | undefined;
  readonly limits?: Partial<HolderLimits>;
}

export interface HolderLimits extends ServerLimits, RelayLimits {
  /** Memory for requests and answers on all bulk streams together, and on all control streams together. */
  readonly bulkBytes: number;
  readonly controlBytes: number;
  readonly streamsPerPeer: number;
}

export interface HolderService {
  /** Streams being served now. */
  readonly streams: number;
  /** Nothing of the vault is kept here any more: should something come again, `onVault` is told again. */
  forgetVault(vault: VaultId): void;
  /** Ends all streams, takes no new ones, and resolves when no write is under way any more. */
  stop(): Promise<void>;
}

const BULK_BYTES = 64 * MiB;
/** A gate of its own, so that no number of stalled transfers delays a log entry or a ping. */
const CONTROL_BYTES = 16 * MiB;
const STREAMS_PER_PEER = 32;

/** Resolves when both protocols are served. */
export async function serveHoldings(options: HolderServiceOptions): Promise<HolderService> {
  const { network, clock, limits = {}, log, duties } = options;
  const announced = new AnnouncedVaults(options);
  const facts = { ...factsOf(options), stored: (vault: VaultId) => announced.stored(vault) };
  const relay = new RelayDesk({ network, clock, limits });
  const handlers = [
    ...holderHandlers(facts),
    ...relayHandlers({ holder: facts, desk: relay, clock }),
    ...dutyHandlers({ ...facts, duties, desk: new ProofDesk() }),
  ];
  const streams = new ServedStreams(limits.streamsPerPeer ?? STREAMS_PER_PEER, announced, relay);
  const gates = [
    [BULK_PROTOCOL, limits.bulkBytes ?? BULK_BYTES],
    [CONTROL_PROTOCOL, limits.controlBytes ?? CONTROL_BYTES],
  ] as const;
  for (const [protocol, maxBytes] of gates) {
    const served = handlers.filter(({ method }) => method.protocols.includes(protocol));
    const server: ServerOptions = {
      handlers: new Map(served.map((one) => [one.method.number, one])),
      gate: new ByteGate(maxBytes),
      clock,
      limits,
      onRequest: duties && ((remote) => duties.heard(remote)),
      log,
    };
    await network.handle(protocol, (stream) => streams.serve(stream, server));
  }
  return streams;
}

function factsOf(options: HolderServiceOptions): Omit<HolderFacts, 'stored'> {
  const { network, holdings, advert } = options;
  return { holdings, self: network.self, sign: (message) => network.sign(message), advert };
}

/** Which vaults `onVault` has been told of. */
class AnnouncedVaults {
  readonly #known: Set<string>;
  readonly #onVault: ((vault: VaultId) => void) | undefined;

  constructor({ holdings, onVault }: HolderServiceOptions) {
    this.#known = new Set(holdings.vaults().map(keyOf));
    this.#onVault = onVault;
  }

  stored(vault: VaultId): void {
    if (this.#known.has(keyOf(vault))) return;
    this.#known.add(keyOf(vault));
    this.#onVault?.(vault);
  }

  forget(vault: VaultId): void {
    this.#known.delete(keyOf(vault));
  }
}

class ServedStreams implements HolderService {
  readonly #maxPerPeer: number;
  readonly #announced: AnnouncedVaults;
  readonly #relay: RelayDesk;
  readonly #served = new Map<ByteStream, Promise<void>>();
  readonly #perPeer = new Map<PeerName, number>();
  #stopped = false;

  constructor(maxPerPeer: number, announced: AnnouncedVaults, relay: RelayDesk) {
    this.#maxPerPeer = maxPerPeer;
    this.#announced = announced;
    this.#relay = relay;
  }

  get streams(): number {
    return this.#served.size;
  }

  forgetVault(vault: VaultId): void {
    this.#announced.forget(vault);
  }

  serve(stream: ByteStream, server: ServerOptions): void {
    const open = this.#perPeer.get(stream.remote) ?? 0;
    const refusal = this.#refusal(open);
    if (refusal) {
      stream.abort(refusal);
      return;
    }
    this.#perPeer.set(stream.remote, open + 1);
    this.#served.set(
      stream,
      serveStream(stream, server).finally(() => this.#forget(stream)),
    );
  }

  #refusal(open: number): VaultError | undefined {
    if (this.#stopped) return new VaultError('closed', 'this peer is stopping');
    return open < this.#maxPerPeer ? undefined : new VaultError('denied', 'too many streams of one peer');
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    const reason = new VaultError('closed', 'this peer is stopping');
    for (const stream of this.#served.keys()) stream.abort(reason);
    await Promise.all([this.#relay.stop(), ...this.#served.values()]);
  }

  #forget(stream: ByteStream): void {
    this.#served.delete(stream);
    const open = (this.#perPeer.get(stream.remote) ?? 1) - 1;
    if (open > 0) this.#perPeer.set(stream.remote, open);
    else this.#perPeer.delete(stream.remote);
  }
}
