/** The rates to which a client or a peer keeps what carries chunks; they can be changed while it runs. */
import { limitedNetwork } from '../network/limited-network.ts';
import type { Network } from '../network/network.ts';
import { calendarOf } from '../policy/calendar-span.ts';
import { BULK_PROTOCOL } from '../protocol/methods.ts';
import type { Clock } from '../runtime/clock.ts';
import { localTimeZone } from './local-time-zone.ts';
import { PlannedRate } from './planned-rate.ts';
import type { TransferLimits } from './vault-handle.ts';

const PROTOCOLS: ReadonlySet<string> = new Set([BULK_PROTOCOL]);

export class BulkLimits {
  readonly #upload: PlannedRate;
  readonly #download: PlannedRate;

  /** Times of day are this machine's. */
  constructor(clock: Clock, limits: TransferLimits = {}) {
    const calendar = calendarOf(localTimeZone());
    this.#upload = new PlannedRate(clock, calendar, limits.upload);
    this.#download = new PlannedRate(clock, calendar, limits.download);
  }

  /** From now on; what is not said has no limit. */
  change(limits: TransferLimits): void {
    this.#upload.change(limits.upload);
    this.#download.change(limits.download);
  }

  /** `network` with these limits. */
  around(network: Network): Network {
    return limitedNetwork(network, { upload: this.#upload, download: this.#download, protocols: PROTOCOLS });
  }
}
