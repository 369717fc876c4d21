/** A peer that has, or would have, no room for its task asks others to take over some groups; it lets go of them once they have (R5). */
import { GROUPS } from '../model/ids.ts';
import { type GroupLoad, planRelief } from '../policy/relief.ts';
import type { Holdings } from '../store/holdings.ts';
import { hasGroup, noGroups, withGroup } from './group-bits.ts';
import type { VaultView } from './vault-view.ts';

interface Load extends GroupLoad {
  readonly view: VaultView;
  readonly group: number;
  readonly missingBytes: number;
}

/**
 * Decides anew which groups of which vaults this peer declines. `limits`: what single vaults may take here, as far as it is known.
 * True when that changed.
 */
export async function relieve(
  views: readonly VaultView[],
  holdings: Holdings,
  limits: Pick<WeakMap<VaultView, number>, 'get'>,
): Promise<boolean> {
  const { bytes, freeBytes } = await holdings.measure();
  const limitBytes = bytes + Math.max(0, freeBytes);
  if (limitBytes === 0) return false;
  const chosen = new Map<VaultView, Uint8Array>();
  const plans = [...tooMuch(views, bytes, limitBytes), ...views.flatMap((view) => overQuota(view, limits))];
  for (const { view, group } of plans) {
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

/** Plans by what would be here if nothing were missing: who can see that it will be full need not be full first. */
function tooMuch(views: readonly VaultView[], bytes: number, limitBytes: number): Load[] {
  let usedBytes = bytes;
  const loads: Load[] = [];
  for (const load of views.flatMap(loadsOf)) {
    usedBytes += load.missingBytes;
    loads.push({ ...load, keptBytes: load.keptBytes + load.missingBytes });
  }
  return planRelief(loads, { usedBytes, limitBytes });
}

/** The same for one vault that has a limit of its own here. */
function overQuota(view: VaultView, limits: Pick<WeakMap<VaultView, number>, 'get'>): Load[] {
  const limitBytes = limits.get(view);
  if (limitBytes === undefined) return [];
  const { chunkBytes, logBytes } = view.holding.occupied();
  return tooMuch([view], chunkBytes + logBytes, limitBytes);
}

/** Groups that are this peer's task, or would be if it did not decline them. */
function loadsOf(view: VaultView): Load[] {
  const { books } = view.holding;
  const all = books.counts();
  const chunkBytes = all.live === 0 ? 0 : all.liveBytes / all.live;
  const loads: Load[] = [];
  for (let group = 0; group < GROUPS; group++) {
    const declined = hasGroup(view.relieved, group);
    const { live, keptBytes, missing } = books.groupCounts(group);
    if (live === 0 || (!declined && view.taskOf(group) === 'none')) continue;
    loads.push({
      view,
      group,
      keptBytes,
      liveBytes: live * chunkBytes,
      missingBytes: missing * chunkBytes,
      declined,
    });
  }
  return loads;
}
