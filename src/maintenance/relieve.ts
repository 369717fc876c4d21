/** A peer that runs full asks others to take over some of its groups; it lets go of them once they have (R5). */
import { GROUPS } from '../model/ids.ts';
import { type GroupLoad, planRelief } from '../policy/relief.ts';
import type { Holdings } from '../store/holdings.ts';
import { hasGroup, noGroups, withGroup } from './group-bits.ts';
import type { VaultView } from './vault-view.ts';

interface Load extends GroupLoad {
  readonly view: VaultView;
  readonly group: number;
}

/** Decides anew which groups of which vaults this peer declines. True when that changed. */
export async function relieve(views: readonly VaultView[], holdings: Holdings): Promise<boolean> {
  const { bytes, freeBytes } = await holdings.measure();
  const limitBytes = bytes + Math.max(0, freeBytes);
  if (limitBytes === 0) return false;
  const chosen = new Map<VaultView, Uint8Array>();
  for (const { view, group } of planRelief(views.flatMap(loadsOf), { usedBytes: bytes, limitBytes })) {
    const groups = chosen.get(view) ?? noGroups();
    chosen.set(view, groups);
    withGroup(groups, group);
  }
  let changed = false;
  for (const view of views) {
    const groups = chosen.get(view) ?? noGroups();
    if (groups.every((byte, i) => byte === view.relieved[i])) continue;
    view.relieve(groups);
    changed = true;
  }
  return changed;
}

/** Groups that are this peer's task, or would be if it did not decline them. */
function loadsOf(view: VaultView): Load[] {
  const { books } = view.holding;
  const all = books.counts();
  const chunkBytes = all.live === 0 ? 0 : all.liveBytes / all.live;
  const loads: Load[] = [];
  for (let group = 0; group < GROUPS; group++) {
    const declined = hasGroup(view.relieved, group);
    const { live, keptBytes } = books.groupCounts(group);
    if (live === 0 || (!declined && view.taskOf(group) === 'none')) continue;
    loads.push({ view, group, keptBytes, liveBytes: live * chunkBytes, declined });
  }
  return loads;
}
