/** `vault-peer status`: what this peer keeps and how much room it has, whether it runs or not. */

import { type CommandSpec, defineCommand } from '../../cli/terminal/command.ts';
import { count } from '../../cli/terminal/count.ts';
import type { Session } from '../../cli/terminal/session.ts';
import { formatBytes, type PeerStatusReport, peerStatus, systemClock } from '../../src/index.ts';
import { DATA_OPTION, folderOf, noPositionals } from './peer-options.ts';
import { upkeepJson, upkeepLines } from './upkeep-text.ts';

interface StatusPlan {
  readonly data?: string;
}

function emit(session: Session, report: PeerStatusReport): void {
  session.emit({
    message_type: 'peer_status',
    running: report.running,
    ...(report.pid === undefined ? {} : { pid: report.pid }),
    peer_id: report.peerId,
    name: report.settings.name,
    zone: report.settings.zone,
    addresses: report.addresses,
    peers_known: report.peersKnown,
    ...(report.peersConnected === undefined ? {} : { peers_connected: report.peersConnected }),
    vaults_held: report.vaultsHeld,
    chunks: report.chunks,
    bytes: report.bytes,
    capacity_bytes: report.capacityBytes,
    free_bytes: report.freeBytes,
    uptime_share: report.uptimeShare,
    ...(report.upkeep ? { upkeep: upkeepJson(report.upkeep) } : {}),
  });
}

function lines(report: PeerStatusReport): readonly string[] {
  const state = report.running ? `runs (process ${report.pid})` : 'is stopped';
  const connected = report.peersConnected === undefined ? '' : `, ${report.peersConnected} connected`;
  return [
    `peer      ${report.peerId} ${state}`,
    `name      ${report.settings.name}, zone ${report.settings.zone}`,
    `addresses ${report.addresses.join('\n          ')}`,
    `peers     ${report.peersKnown} known${connected}`,
    `holds     ${count(report.vaultsHeld, 'vault')}, ${count(report.chunks, 'chunk')}, ${formatBytes(report.bytes)}`,
    `capacity  ${formatBytes(report.capacityBytes)}, ${formatBytes(report.freeBytes)} free`,
    `uptime    ${(report.uptimeShare * 100).toFixed(1)}% of the time since its first run`,
    ...(report.upkeep ? upkeepLines(report.upkeep, systemClock.now()) : []),
  ];
}

export const status: CommandSpec = defineCommand<StatusPlan>({
  name: 'status',
  summary: 'peers known, vaults held, room, health of co-holders, repair',
  usage: '[--data DIR]',
  options: [DATA_OPTION],
  details: `
Works while the peer runs and while it is stopped. Of a running one it also says which co-holders are silent or failed audits, what is being
repaired and since when, what lies in the trash, how audits and scrub went, and whether a drained peer may be switched off.`,
  parse: (args) => {
    noPositionals(args, 'status');
    const data = args.value('data');
    return data === undefined ? {} : { data };
  },
  run: async (plan, session) => {
    const report = await peerStatus(folderOf(session, plan.data));
    emit(session, report);
    for (const line of lines(report)) session.print(line);
    return 0;
  },
});
