/** One peer's view of a vault, made by hand: a table, a log, and what co-holders say. */
import { VaultView } from '../../src/maintenance/vault-view.ts';
import { type Digest, groupOf, type PeerName } from '../../src/model/ids.ts';
import type { Health } from '../../src/policy/health.ts';
import type { CompareAnswer, SilentMember } from '../../src/protocol/holder-duties.ts';
import { MemoryDisk } from '../../src/runtime/memory-disk.ts';
import { SimulatedClock } from '../../src/runtime/simulated-clock.ts';
import { Holdings, type VaultHolding } from '../../src/store/holdings.ts';
import { SampleDevice, SampleVault } from '../store/sample-log.ts';

export const STUCK_MS = 1000;
const HASH = new Uint8Array(32);

/** The table of digests of somebody who keeps these chunks. */
export function tableOf(digests: readonly Digest[]): Uint8Array {
  const table = new Uint8Array(2048);
  for (const digest of digests) {
    for (let i = 0; i < 8; i++) {
      const at = groupOf(digest) * 8 + i;
      table[at] = (table[at] ?? 0) ^ (digest[i + 1] ?? 0);
    }
  }
  return table;
}

export function answer(change: Partial<CompareAnswer> = {}): CompareAnswer {
  return {
    known: true,
    members: HASH,
    logs: HASH,
    holdings: HASH,
    declines: new Uint8Array(32),
    accepting: true,
    missing: 0,
    missingMs: 0,
    accuses: [],
    silent: [],
    table: undefined,
    ...change,
  };
}

export class ViewWorld {
  readonly vault: SampleVault = new SampleVault('view');
  readonly device: SampleDevice = new SampleDevice(this.vault);
  readonly view: VaultView;
  health: Map<PeerName, Health> = new Map();
  reported: ReadonlyMap<PeerName, number> = new Map();
  unsound: ReadonlySet<PeerName> = new Set();

  private constructor(holding: VaultHolding) {
    this.view = new VaultView(holding, 'us', STUCK_MS);
  }

  static async make(peers: readonly PeerName[], copies = 3): Promise<ViewWorld> {
    const vault = new SampleVault('view');
    const place = { disk: new MemoryDisk(), folder: '/peer', self: 'us', capacityBytes: 1e9, floorBytes: 0 };
    const holdings = await Holdings.open({ ...place, clock: new SimulatedClock() });
    const holding = holdings.vault(vault.id, true);
    const members = peers.map((peer) => ({ peer, weight: 1, zone: `zone ${peer}` }));
    await holding.table.write(vault.table(1, { members, copies }));
    const world = new ViewWorld(holding);
    world.refresh();
    return world;
  }

  async adds(digests: readonly Digest[]): Promise<void> {
    const adds = digests.map((digest) => ({ digest, size: 100 }));
    await this.view.holding.append(this.device.entry({ adds }));
  }

  says(peer: PeerName, change: Partial<CompareAnswer>, nowMs = 0): void {
    this.view.note(peer, answer(change), nowMs);
    this.refresh();
  }

  silent(peer: PeerName, silentMs: number): SilentMember {
    return { peer, silentMs, lost: true };
  }

  /** Silence that is reported counts as lost from 1000 ms on. */
  refresh(): void {
    this.view.refresh({
      health: this.health,
      healthWith: (reported) => {
        this.reported = reported;
        const lost = [...reported].filter(([, ms]) => ms >= 1000).map(([peer]) => [peer, 'lost'] as const);
        return new Map([...this.health, ...lost]);
      },
      unsoundIn: () => this.unsound,
      draining: false,
      machineOf: () => '',
    });
  }
}
