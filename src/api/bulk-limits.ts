/** The rates to which a client or a peer keeps what carries chunks; they can be changed while it runs. */
import { limitedNetwork } from '../network/limited-network.ts';
import type { Network } from '../network/network.ts';
import { BULK_PROTOCOL } from '../protocol/methods.ts';
import type { Clock } from '../runtime/clock.ts';
import { AdjustableRate } from '../runtime/rate-limit.ts';
import type { TransferLimits } from './vault-handle.ts';

const PROTOCOLS: ReadonlySet<string> = new Set([BULK_PROTOCOL]);

export class BulkLimits {
  readonly #upload: AdjustableRate;
  readonly #download: AdjustableRate;

  constructor(clock: Clock, limits: TransferLimits = {}) {
    this.#upload = new AdjustableRate(clock, limits.uploadBytesPerSecond);
    this.#download = new AdjustableRate(clock, limits.downloadBytesPerSecond);
  }

  /** From now on; what is not said has no limit. */
  change(limits: TransferLimits): void {
    this.#upload.change(limits.uploadBytesPerSecond ?? Number.POSITIVE_INFINITY);
    this.#download.change(limits.downloadBytesPerSecond ?? Number.POSITIVE_INFINITY);
  }

  /** `network` with these limits. */
  around(network: Network): Network {
    return limitedNetwork(network, { upload: this.#upload, download: this.#download, protocols: PROTOCOLS });
  }
}
