/** The devices of a vault as a table and as JSON lines, and what retiring one did. */
import { type DeviceInfo, formatBytes, type InvitedDevice, type RetireReport } from '../../src/index.ts';
import type { Session } from '../terminal/session.ts';
import { tableLines } from '../terminal/table.ts';
import { count, localTime, printable, shortId } from './words.ts';

const COLUMNS = [
  { title: 'ID' },
  { title: 'Name' },
  { title: 'Role' },
  { title: 'Since' },
  { title: 'Snapshots', right: true },
  { title: 'Newest' },
  { title: 'Chunks', right: true },
  { title: 'Size', right: true },
  { title: '' },
];

function remark({ self, retired, invited }: DeviceInfo): string {
  if (retired) return 'retired';
  if (invited) return 'invited';
  return self ? 'this machine' : '';
}

function cells(device: DeviceInfo): readonly string[] {
  return [
    shortId(device.id),
    printable(device.name),
    device.role,
    localTime(device.createdMs),
    device.snapshots?.toLocaleString('en-US') ?? 'sealed',
    device.lastSnapshotMs === undefined ? '' : localTime(device.lastSnapshotMs),
    device.chunks.toLocaleString('en-US'),
    formatBytes(device.bytes),
    remark(device),
  ];
}

function deviceJson(device: DeviceInfo): Readonly<Record<string, unknown>> {
  const { lastSnapshotMs } = device;
  return {
    id: device.id,
    short_id: shortId(device.id),
    name: device.name,
    role: device.role,
    this_machine: device.self,
    created: new Date(device.createdMs).toISOString(),
    log_entries: device.entries,
    ...(device.snapshots === undefined ? {} : { snapshots: device.snapshots }),
    ...(lastSnapshotMs === undefined ? {} : { last_snapshot: new Date(lastSnapshotMs).toISOString() }),
    chunks: device.chunks,
    bytes: device.bytes,
    retired: device.retired,
    invited: device.invited,
  };
}

export function printDevices(session: Session, devices: readonly DeviceInfo[]): void {
  for (const device of devices) session.emit({ message_type: 'device', ...deviceJson(device) });
  for (const line of tableLines(COLUMNS, devices.map(cells))) session.print(line);
}

export function printInvited(session: Session, device: InvitedDevice, file: string | undefined): void {
  const { id, name, role, invitation } = device;
  const where = file === undefined ? { invitation } : { file };
  session.emit({ message_type: 'device_invited', id, short_id: shortId(id), name, role, ...where });
  session.tell(`invited   ${printable(name)} (${role}), device ${shortId(id)}`);
  session.print(file === undefined ? invitation : `wrote     ${file}`);
  session.tell(
    'On that machine: vault recover --invitation @FILE. It asks for the passphrase you have just chosen.',
  );
}

export function printRetired(session: Session, report: RetireReport): void {
  session.emit({
    message_type: 'device_retired',
    name: report.device,
    snapshots_taken_over: report.snapshotsTakenOver,
    chunks_added: report.chunksAdded,
  });
  session.tell(
    `retired   ${printable(report.device)}; this machine took over ${count(report.snapshotsTakenOver, 'snapshot')} with ${count(report.chunksAdded, 'chunk')}`,
  );
}
