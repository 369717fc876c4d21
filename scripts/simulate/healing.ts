/** Waits until the mesh has healed by itself: every chunk lies intact on enough disks, and nobody says that anything is missing. */
import { setTimeout as sleep } from 'node:timers/promises';
import { peerStatus } from '../../src/api/peer-status.ts';
import { intactCopies, tracesOf } from './chunk-files.ts';
import type { SimulatedPeer, World } from './world.ts';

export interface Healing {
  readonly healed: boolean;
  readonly ms: number;
  /** Fewest intact copies of any chunk, on the disks of those that can be reached. */
  readonly copies: number;
  /** Chunks with fewer than they should have, and what the peers say is missing. */
  readonly short: number;
  readonly missing: number;
  /** How often a reachable peer calls another one silent or unsound. */
  readonly complaints: number;
}

export interface HealingOptions {
  /** Those whom nobody hears: their disks do not count. */
  readonly silent: ReadonlySet<SimulatedPeer>;
  readonly copies: number;
  readonly limitMs: number;
  /** Everybody is to be well again in everybody's eyes, too: a liar that lies no more has to prove it. */
  readonly allWell: boolean;
}

const POLL_MS = 1000;
/** Chunks. */
const EXPLAINED = 5;

/** What the running peers say they still have to fetch, how many further peers they need, and whom they do not trust. */
async function wordOf(peers: readonly SimulatedPeer[]): Promise<Pick<Healing, 'missing' | 'complaints'>> {
  const reports = await Promise.all(peers.map(({ folder }) => peerStatus(folder)));
  let missing = 0;
  let complaints = 0;
  for (const { upkeep } of reports) {
    missing += (upkeep?.missing ?? 0) + (upkeep?.vaults ?? []).reduce((sum, { short }) => sum + short, 0);
    complaints += (upkeep?.peers ?? []).filter(({ health, unsound }) => health !== 'alive' || unsound).length;
  }
  return { missing, complaints };
}

async function look(
  reachable: readonly SimulatedPeer[],
  { copies: asked, allWell }: HealingOptions,
): Promise<Omit<Healing, 'ms'>> {
  const wanted = Math.min(asked, reachable.length);
  const counts = [...intactCopies(reachable.map(({ folder }) => folder)).values()];
  const short = counts.filter((count) => count < wanted).length;
  const { missing, complaints } = await wordOf(reachable);
  const whole = counts.length > 0 && short === 0 && missing === 0;
  const copies = counts.length === 0 ? 0 : Math.min(...counts);
  return { healed: whole && (!allWell || complaints === 0), copies, short, missing, complaints };
}

/** Never throws for a mesh that does not heal. */
export async function waitUntilHealed(world: World, options: HealingOptions): Promise<Healing> {
  const startedMs = performance.now();
  for (;;) {
    const found = await look(
      world.running.filter((peer) => !options.silent.has(peer)),
      options,
    );
    const ms = performance.now() - startedMs;
    if (found.healed || ms > options.limitMs) return { ...found, ms };
    await sleep(POLL_MS);
  }
}

/** For reports: where the chunks lie that are on too few disks, and what each running peer says of itself. */
export async function explainHealing(world: World, { silent, copies }: HealingOptions): Promise<string[]> {
  const reachable = world.running.filter((peer) => !silent.has(peer));
  const wanted = Math.min(copies, reachable.length);
  const counts = intactCopies(reachable.map(({ folder }) => folder));
  const short = [...counts].filter(([, count]) => count < wanted).map(([name]) => name);
  const chunks = short.slice(0, EXPLAINED).map((name) => {
    const traces = world.peers.map(
      (peer) => `${peer.name}: ${tracesOf(peer.folder, name).join(' + ') || '-'}`,
    );
    return `${name} ${traces.join('; ')}`;
  });
  const words = reachable.map(async ({ name, folder }) => {
    const { upkeep } = await peerStatus(folder);
    return `${name} says: ${JSON.stringify(upkeep?.vaults ?? [])}`;
  });
  return [...chunks, ...(await Promise.all(words))];
}

/** For reports: what was not healed. */
export function healingText({ short, copies, missing, complaints, ms }: Healing): string {
  const disks = `${short} chunks on fewer disks than they should be (worst: ${copies})`;
  const word = `${missing} missing or short by the peers' own word, ${complaints} complaints about others`;
  return `${disks}, ${word}, after ${Math.round(ms / 1000)} s`;
}
