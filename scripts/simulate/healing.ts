/** Waits until the mesh has healed by itself: every chunk lies intact on enough disks, and nobody says that anything is missing. */
import { setTimeout as sleep } from 'node:timers/promises';
import { peerStatus } from '../../src/api/peer-status.ts';
import { intactCopies } from './chunk-files.ts';
import type { SimulatedPeer, World } from './world.ts';

export interface Healing {
  readonly healed: boolean;
  readonly ms: number;
  /** Fewest intact copies of any chunk, on the disks of those that can be reached. */
  readonly copies: number;
  /** Chunks with fewer than they should have, and what the peers say is missing. */
  readonly short: number;
  readonly missing: number;
}

const POLL_MS = 1000;

/** What the running peers say they still have to fetch, and how many further peers they would need. */
async function missingBy(peers: readonly SimulatedPeer[]): Promise<number> {
  const reports = await Promise.all(peers.map(({ folder }) => peerStatus(folder)));
  return reports.reduce((sum, { upkeep }) => {
    const short = upkeep?.vaults.reduce((all, vault) => all + vault.short, 0) ?? 0;
    return sum + (upkeep?.missing ?? 0) + short;
  }, 0);
}

async function look(reachable: readonly SimulatedPeer[], wanted: number): Promise<Omit<Healing, 'ms'>> {
  const copies = [...intactCopies(reachable.map(({ folder }) => folder)).values()];
  const short = copies.filter((count) => count < wanted).length;
  const missing = await missingBy(reachable);
  const least = copies.length === 0 ? 0 : Math.min(...copies);
  return { healed: copies.length > 0 && short === 0 && missing === 0, copies: least, short, missing };
}

/** `silent` are those whom nobody hears: their disks do not count. Never throws for a mesh that does not heal. */
export async function waitUntilHealed(
  world: World,
  options: { silent: ReadonlySet<SimulatedPeer>; copies: number; limitMs: number },
): Promise<Healing> {
  const startedMs = performance.now();
  for (;;) {
    const reachable = world.running.filter((peer) => !options.silent.has(peer));
    const found = await look(reachable, Math.min(options.copies, reachable.length));
    const ms = performance.now() - startedMs;
    if (found.healed || ms > options.limitMs) return { ...found, ms };
    await sleep(POLL_MS);
  }
}

/** For reports: what was not healed. */
export function healingText(healing: Healing): string {
  return `${healing.short} chunks on fewer disks than they should be (worst: ${healing.copies}), ${healing.missing} missing or short by the peers' own word, after ${Math.round(healing.ms / 1000)} s`;
}
