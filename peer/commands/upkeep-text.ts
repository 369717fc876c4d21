/** A peer's upkeep in words and as JSON. */
import { count } from '../../cli/terminal/count.ts';
import { formatBytes, formatDuration, type UpkeepReport, type VaultUpkeep } from '../../src/index.ts';

type Peer = UpkeepReport['peers'][number];

function peerJson(peer: Peer): Readonly<Record<string, unknown>> {
  return {
    peer_id: peer.peer,
    name: peer.name,
    zone: peer.zone,
    health: peer.health,
    unsound: peer.unsound,
    braked: peer.braked,
    silent_ms: Math.round(peer.silentMs),
  };
}

function vaultJson(vault: VaultUpkeep): Readonly<Record<string, unknown>> {
  return {
    vault: vault.vault,
    member: vault.member,
    members: vault.members,
    groups_kept: vault.keeping,
    groups_extra: vault.extra,
    groups_declined: vault.declined,
    chunks_live: vault.live,
    bytes_live: vault.liveBytes,
    chunks_missing: vault.missing,
    bytes_missing: vault.missingBytes,
    ...(vault.repairingSinceMs === undefined ? {} : { repairing_since_ms: vault.repairingSinceMs }),
    chunks_unavailable: vault.unavailable,
    peers_short: vault.short,
    chunks_surplus: vault.surplus,
    forks: vault.forks,
    chunks_trash: vault.trash,
    bytes_trash: vault.trashBytes,
    chunks_uncommitted: vault.uncommitted,
    bytes_uncommitted: vault.uncommittedBytes,
  };
}

/** Fields of a JSON message. */
export function upkeepJson(upkeep: UpkeepReport): Readonly<Record<string, unknown>> {
  const { audits, scrub } = upkeep;
  return {
    since_ms: upkeep.sinceMs,
    draining: upkeep.draining,
    safe_to_leave: upkeep.safeToLeave,
    unsafe_chunks: upkeep.unsafeChunks,
    chunks_missing: upkeep.missing,
    bytes_missing: upkeep.missingBytes,
    chunks_trash: upkeep.trash,
    bytes_trash: upkeep.trashBytes,
    repaired_chunks: upkeep.repairedChunks,
    repaired_bytes: upkeep.repairedBytes,
    trimmed_chunks: upkeep.trimmedChunks,
    recruited: upkeep.recruited,
    audits: {
      proved: audits.proved,
      admitted: audits.admitted,
      absent: audits.absent,
      wrong: audits.wrong,
      late: audits.late,
    },
    scrub: {
      ...(scrub.lastPassMs === undefined ? {} : { last_pass_ms: scrub.lastPassMs }),
      progress: scrub.progress,
      checked: scrub.checked,
      damaged: scrub.damaged,
    },
    peers: upkeep.peers.map(peerJson),
    vaults: upkeep.vaults.map(vaultJson),
  };
}

/** Lines for people; what is in order takes one, what needs attention is named. */
export function upkeepLines(upkeep: UpkeepReport, nowMs: number): readonly string[] {
  return [
    healthLine(upkeep.peers),
    ...upkeep.peers.filter(needsWords).map(peerLine),
    repairLine(upkeep, nowMs),
    ...upkeep.vaults.flatMap(vaultWarnings),
    `trash     ${count(upkeep.trash, 'chunk')}, ${formatBytes(upkeep.trashBytes)}`,
    auditLine(upkeep),
    scrubLine(upkeep, nowMs),
    ...(upkeep.draining ? [drainLine(upkeep)] : []),
  ];
}

/** What `drain` says while it waits. */
export function drainLine(upkeep: UpkeepReport): string {
  if (upkeep.safeToLeave) return 'drained   this peer may be switched off: everything it keeps is elsewhere';
  const short = Math.max(0, ...upkeep.vaults.map((vault) => vault.short));
  const wanting =
    short > 0 ? `; ${count(short, 'more peer is', 'more peers are')} needed to take it over` : '';
  return `draining  ${count(upkeep.unsafeChunks, 'chunk is', 'chunks are')} not proved to be safe elsewhere yet${wanting}: do not switch it off`;
}

function needsWords({ health, unsound, braked }: Peer): boolean {
  return health !== 'alive' || unsound || braked;
}

function healthLine(peers: readonly Peer[]): string {
  const alive = peers.filter(({ health }) => health === 'alive').length;
  return `mesh      ${alive} of ${peers.length} ${peers.length === 1 ? 'co-holder answers' : 'co-holders answer'}`;
}

function peerLine(peer: Peer): string {
  const silent = peer.silentMs > 0 ? `, silent for ${formatDuration(peer.silentMs)}` : '';
  const unsound = peer.unsound ? ', failed audits: counts as not holding' : '';
  const braked = peer.braked ? ', together with others: our own network is suspected' : '';
  return `          ${peer.name || peer.peer} (zone ${peer.zone}) is ${peer.health}${silent}${unsound}${braked}`;
}

function repairLine(upkeep: UpkeepReport, nowMs: number): string {
  const since = Math.min(...upkeep.vaults.map((vault) => vault.repairingSinceMs ?? Number.POSITIVE_INFINITY));
  const begun = Number.isFinite(since) ? `, for ${formatDuration(Math.max(0, nowMs - since))}` : '';
  const unavailable = upkeep.vaults.reduce((sum, vault) => sum + vault.unavailable, 0);
  const verb = unavailable >= upkeep.missing ? 'waits for' : 'fetches';
  const doing =
    upkeep.missing > 0
      ? `${verb} ${count(upkeep.missing, 'chunk')}, ${formatBytes(upkeep.missingBytes)}${begun}`
      : 'nothing is missing here';
  const done = `${count(upkeep.repairedChunks, 'chunk')}, ${formatBytes(upkeep.repairedBytes)} fetched, ${upkeep.trimmedChunks} surplus removed since the start`;
  return `repair    ${doing}; ${done}`;
}

function vaultWarnings(vault: VaultUpkeep): readonly string[] {
  const name = `          vault ${vault.vault.slice(0, 12)}...`;
  return [
    ...(vault.short > 0 ? [`${name} needs ${count(vault.short, 'more peer')}`] : []),
    ...(vault.unavailable > 0
      ? [`${name}: nobody who answers has ${count(vault.unavailable, 'chunk')}`]
      : []),
    ...(vault.forks > 0
      ? [`${name}: ${count(vault.forks, 'log that does', 'logs that do')} not fit together`]
      : []),
    ...(vault.declined > 0 && vault.declined < 256
      ? [
          `${name}: ${vault.declined} of 256 groups ${vault.declined === 1 ? 'is' : 'are'} declined for want of room`,
        ]
      : []),
  ];
}

function auditLine({ audits }: UpkeepReport): string {
  const failed = audits.absent + audits.wrong + audits.late;
  return `audits    ${count(audits.proved, 'chunk')} of others proved, ${count(failed, 'failure')} since the start`;
}

function scrubLine({ scrub }: UpkeepReport, nowMs: number): string {
  const last =
    scrub.lastPassMs === undefined
      ? 'no whole pass yet'
      : `last whole pass ${formatDuration(Math.max(0, nowMs - scrub.lastPassMs))} ago`;
  const progress = `${Math.round(scrub.progress * 100)}% of this one`;
  return `scrub     ${last}, ${progress}; ${count(scrub.checked, 'chunk')} read, ${scrub.damaged} damaged since the start`;
}
