/** Joins a mesh as a client: listens nowhere, and keeps to the limits it is given. */
import { mdnsTag, prologueOf } from '../crypto/mesh-keys.ts';
import type { Network } from '../network/network.ts';
import { BulkLimits } from './bulk-limits.ts';
import { isLoopback } from './listen-addresses.ts';
import type { Surroundings } from './surroundings.ts';
import type { TransferLimits } from './vault-handle.ts';

interface ClientOptions {
  readonly surroundings: Pick<Surroundings, 'startNetwork' | 'clock' | 'random'>;
  readonly limits?: TransferLimits;
  readonly onDetail?: (message: string) => void;
}

export async function startClient(
  meshSecret: Uint8Array,
  bootstrap: readonly string[],
  options: ClientOptions,
): Promise<Network> {
  const { startNetwork, clock, random } = options.surroundings;
  const network = await startNetwork({
    prologue: prologueOf(meshSecret),
    listen: [],
    mode: 'client',
    bootstrap,
    ...(bootstrap.every(isLoopback) ? {} : { mdnsTag: mdnsTag(meshSecret) }),
    clock,
    random,
    ...(options.onDetail ? { log: options.onDetail } : {}),
  });
  return options.limits ? new BulkLimits(clock, options.limits).around(network) : network;
}
