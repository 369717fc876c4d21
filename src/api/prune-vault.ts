/** Gives up what no snapshot of this machine needs any more (L4). */
import { runPrune } from '../backup/prune.ts';
import type { PruneOptions, PruneReport } from './upkeep-types.ts';
import { syncForUpkeep } from './upkeep-work.ts';
import type { VaultWork } from './vault-work.ts';

/** What holders do unless their owners say otherwise (L4). */
const TRASH_DAYS = 14;

/** Throws what reading a directory throws, 'too-few-peers', 'denied'. */
export async function pruneVault(
  work: VaultWork,
  { dryRun = false, onProgress }: PruneOptions,
): Promise<PruneReport> {
  const { clock } = work.surroundings;
  const startMs = clock.monotonicMs();
  const onSnapshots = (done: number, total: number): void =>
    onProgress?.({ elapsedMs: clock.monotonicMs() - startMs, done, total });
  const upkeep = await syncForUpkeep(work);
  const result =
    upkeep &&
    (await runPrune({ ...upkeep, dryRun, onSnapshots, onProblem: ({ message }) => work.warn(message) }));
  const names = new Map(work.state.logs.devices().map(({ no, name }) => [no, name]));
  const others = [...(result?.others ?? [])];
  return {
    dryRun,
    chunksKept: result?.kept.chunks ?? 0,
    bytesKept: result?.kept.bytes ?? 0,
    chunksDropped: result?.dropped.chunks ?? 0,
    bytesDropped: result?.dropped.bytes ?? 0,
    otherDevices: others.map(([no, amount]) => ({ name: names.get(no) ?? '', ...amount })),
    trashUntil: TRASH_DAYS,
    holders: result?.holders ?? 0,
  };
}
