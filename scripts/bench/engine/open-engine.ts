/**
 * The production engine on one local folder: a vault's home unlocked by its passphrase, its books, and what one peer keeps of it on
 * its disk, durable as there. No libp2p, no second process, one copy.
 */
import path from 'node:path';
import type { Surroundings } from '../../../src/api/surroundings.ts';
import { systemSurroundings } from '../../../src/api/system-surroundings.ts';
import type { UpkeepOptions } from '../../../src/backup/upkeep.ts';
import { deriveVaultKeys } from '../../../src/crypto/vault-keys.ts';
import { KEY_BYTES, type PeerName } from '../../../src/model/ids.ts';
import { Holdings } from '../../../src/store/holdings.ts';
import type { VaultHolding } from '../../../src/store/vault-holding.ts';
import { createDevice } from '../../../src/vault/device.ts';
import { syncLog } from '../../../src/vault/sync-log.ts';
import { VaultHome } from '../../../src/vault/vault-home.ts';
import type { VaultState } from '../../../src/vault/vault-state.ts';
import { HoldingExchange } from './holding-exchange.ts';
import { storeFolder } from './store-folder.ts';

const SELF: PeerName = 'engine';

export interface Engine {
  readonly surroundings: Surroundings;
  readonly home: VaultHome;
  readonly state: VaultState;
  readonly holding: VaultHolding;
  /** What every change of the log needs. */
  readonly upkeep: UpkeepOptions;
  close(): void;
}

function homeFolder(folder: string): string {
  return path.join(folder, 'home');
}

export async function createEngine(folder: string, passphrase: string): Promise<void> {
  const { disk, random, boxCost, clock } = systemSurroundings;
  const keys = deriveVaultKeys(random.bytes(KEY_BYTES));
  const device = createDevice(keys, 'bench', random.bytes(KEY_BYTES), Math.floor(clock.now()));
  const ticket = 'no mesh';
  await VaultHome.create(disk, random, homeFolder(folder), {
    passphrase,
    boxCost,
    keys,
    device,
    ticket,
    copies: 1,
  });
}

/** Unlocks the home, as every command does, and brings the books up to date; `all`: what the holder's indexes say, too. */
export async function openEngine(folder: string, passphrase: string, all: boolean): Promise<Engine> {
  const surroundings = systemSurroundings;
  const { disk, clock, deriveKey } = surroundings;
  const home = await VaultHome.open(disk, homeFolder(folder), passphrase, deriveKey);
  const state = surroundings.openState(home);
  const holdings = await Holdings.open({
    disk,
    folder: storeFolder(folder),
    self: SELF,
    capacityBytes: Number.MAX_SAFE_INTEGER,
    floorBytes: 0,
    clock,
    booksPath: path.join(folder, 'books.db'),
  });
  const holding = holdings.vault(home.keys.vault, true);
  const exchange = new HoldingExchange(holding, SELF);
  const { keys, device } = home;
  const reader = holding.chunks;
  await syncLog({ state, keys, exchange, ...(all ? { reader, spread: true } : {}) });
  return {
    surroundings,
    home,
    state,
    holding,
    upkeep: { state, keys, device, exchange, reader },
    close: () => {
      state.close();
      holdings.close();
    },
  };
}
