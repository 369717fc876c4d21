/** What a node is told at its start, the same for the real and the simulated network. */
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';

export interface NetworkOptions {
  /** 32 bytes; left out, the node has a new identity for as long as it runs. */
  readonly privateKeySeed?: Uint8Array;
  /** Mixed into every handshake: only nodes with equal bytes can talk (M1). Left out only by tests that play a stranger. */
  readonly prologue?: Uint8Array;
  /** Multiaddrs to listen on; a client listens on none. */
  readonly listen: readonly string[];
  /** Folder for the peer store and DHT records; left out, they live in memory. */
  readonly dataDir?: string;
  /** A server answers DHT queries and redials the peers it knows; a client only asks. */
  readonly mode: 'server' | 'client';
  /** Full addresses (with /p2p/) of some peers. They need not be up. */
  readonly bootstrap: readonly string[];
  /** Name under which nodes of this mesh find each other on a LAN; left out, they do not. */
  readonly mdnsTag?: string;
  /** UPnP, AutoNAT and hole punching. Default: when some listen address is not loopback. */
  readonly nat?: boolean;
  /** Relays for peers that cannot be dialled, and uses relays itself. Default: when some listen address is not loopback. */
  readonly relay?: boolean;
  /** Public addresses to tell others besides the ones this machine has. */
  readonly announceAddresses?: readonly string[];
  readonly clock: Clock;
  readonly random?: Random;
  /** One line a person may want to read when something is odd. */
  readonly log?: (line: string) => void;
}
