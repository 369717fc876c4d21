/** Tells the DHT that this peer stores, and for which vaults, until it has worked once; the network renews it from then on (M3). */
import { storagePeersKey, vaultHoldersKey } from '../crypto/mesh-keys.ts';
import { keyOf, type VaultId } from '../model/ids.ts';
import type { Network } from '../network/network.ts';
import type { Clock } from '../runtime/clock.ts';

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 60_000;

export interface AnnouncerOptions {
  readonly network: Network;
  readonly meshSecret: Uint8Array;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onDetail: (message: string) => void;
}

export class Announcer {
  readonly #options: AnnouncerOptions;
  readonly #running = new Set<Promise<void>>();
  readonly #vaults = new Set<string>();

  constructor(options: AnnouncerOptions) {
    this.#options = options;
  }

  mesh(): void {
    this.#run(storagePeersKey(this.#options.meshSecret), 'this peer');
  }

  vault(vault: VaultId): void {
    if (this.#vaults.has(keyOf(vault))) return;
    this.#vaults.add(keyOf(vault));
    this.#run(vaultHoldersKey(this.#options.meshSecret, vault), 'a vault');
  }

  /** Resolves when no announcement is under way; call it after the signal was aborted. */
  async ended(): Promise<void> {
    await Promise.all(this.#running);
  }

  #run(key: Uint8Array, what: string): void {
    const work = this.#announce(key, what).finally(() => this.#running.delete(work));
    this.#running.add(work);
  }

  async #announce(key: Uint8Array, what: string): Promise<void> {
    const { network, clock, signal, onDetail } = this.#options;
    for (let waitMs = FIRST_WAIT_MS; !signal.aborted; waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS)) {
      try {
        await network.announce(key, { signal });
        return;
      } catch (error) {
        if (signal.aborted) return;
        onDetail(`could not announce ${what} yet: ${error instanceof Error ? error.message : String(error)}`);
      }
      await clock.sleep(waitMs, signal).catch(() => undefined); // aborted: the loop ends by itself
    }
  }
}
