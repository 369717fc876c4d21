/** Puts together what a peer says of its own upkeep. */
import { GROUPS, idText } from '../model/ids.ts';
import { countGroups } from './group-bits.ts';
import type { KeeperParts } from './keeper-parts.ts';
import type { KeeperStatus, KeptVault, WatchedPeer } from './keeper-status.ts';
import type { VaultView } from './vault-view.ts';

export interface StatusSources extends KeeperParts {
  readonly draining: boolean;
  readonly startedMs: number;
  readonly nowMs: number;
}

export function statusOf(sources: StatusSources): KeeperStatus {
  const { views, drained, draining, repair, trim, audit, scrub, recruit } = sources;
  const all = views.all();
  return {
    draining,
    safeToLeave: draining && drained.safeToLeave(all),
    unsafeChunks: draining ? drained.unsafeChunks(all) : 0,
    sinceMs: sources.startedMs,
    peers: peersOf(sources, all),
    vaults: all.map((view) => vaultOf(sources, view)),
    repairedChunks: repair.repairedChunks,
    repairedBytes: repair.repairedBytes,
    trimmedChunks: trim.trimmedChunks,
    recruited: recruit.recruited,
    audits: audit.figures(),
    scrub: scrub.figures(),
  };
}

function peersOf({ watch, compare }: StatusSources, views: readonly VaultView[]): WatchedPeer[] {
  const zones = new Map(views.flatMap((view) => view.members.map(({ peer, zone }) => [peer, zone] as const)));
  return watch.watched.map((peer) => ({
    peer,
    name: compare.nameOf(peer),
    zone: zones.get(peer) ?? '',
    health: watch.health.get(peer) ?? 'alive',
    unsound: views.some((view) => !view.isSound(peer)),
    braked: watch.braked.has(peer),
    silentMs: watch.silentMs(peer),
  }));
}

function vaultOf({ missing, repair, reports, nowMs }: StatusSources, view: VaultView): KeptVault {
  const { books } = view.holding;
  const all = books.counts();
  const sums = { keeping: 0, extra: 0, missing: 0, surplus: 0 };
  for (let group = 0; group < GROUPS; group++) {
    const task = view.taskOf(group);
    const counts = books.groupCounts(group);
    if (task === 'keeper') sums.keeping += 1;
    if (task === 'extra') sums.extra += 1;
    if (task === 'none') sums.surplus += counts.kept;
    else sums.missing += counts.missing;
  }
  const { chunks, sinceMs } = missing.of(view);
  return {
    vault: view.vault,
    member: view.isMember,
    members: view.members.length,
    ...sums,
    live: all.live,
    liveBytes: all.liveBytes,
    missingBytes: all.missing === 0 ? 0 : Math.round((all.missingBytes * sums.missing) / all.missing),
    ...(chunks > 0 ? { repairingSinceMs: Math.round(nowMs - sinceMs) } : {}),
    unavailable: repair.unavailable(view),
    short: view.short(),
    declined: countGroups(view.declines),
    forks: reports.count(idText(view.vault)),
    trash: all.trash,
    trashBytes: all.trashBytes,
    uncommitted: all.uncommitted,
    uncommittedBytes: all.uncommittedBytes,
  };
}
