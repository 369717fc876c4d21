/** The devices of a vault as a table and as JSON lines, and what retiring one did. */
import { type DeviceInfo, formatBytes, type RetireReport } from '../../src/index.ts';
import type { Session } from '../terminal/session.ts';
import { tableLines } from '../terminal/table.ts';
import { count, localTime, printable, shortId } from './words.ts';

const COLUMNS = [
  { title: 'ID' },
  { title: 'Name' },
  { title: 'Since' },
  { title: 'Snapshots', right: true },
  { title: 'Newest' },
  { title: 'Chunks', right: true },
  { title: 'Size', right: true },
  { title: '' },
];

function remark({ self, retired }: DeviceInfo): string {
  if (retired) return 'retired';
  return self ? 'this machine' : '';
}

function cells(device: DeviceInfo): readonly string[] {
  return [
    shortId(device.id),
    printable(device.name),
    localTime(device.createdMs),
    device.snapshots.toLocaleString('en-US'),
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
    this_machine: device.self,
    created: new Date(device.createdMs).toISOString(),
    log_entries: device.entries,
    snapshots: device.snapshots,
    ...(lastSnapshotMs === undefined ? {} : { last_snapshot: new Date(lastSnapshotMs).toISOString() }),
    chunks: device.chunks,
    bytes: device.bytes,
    retired: device.retired,
  };
}

export function printDevices(session: Session, devices: readonly DeviceInfo[]): void {
  for (const device of devices) session.emit({ message_type: 'device', ...deviceJson(device) });
  for (const line of tableLines(COLUMNS, devices.map(cells))) session.print(line);
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
