/** Where log entries lie: one file per entry, named by its number, in one folder per device. */
import { join } from 'node:path';
import { type DeviceId, idText, parseIdText } from '../model/ids.ts';
import type { Disk } from '../runtime/disk.ts';

const ENTRY_NAME = /^\d{10}$/;

export interface DeviceFiles {
  readonly device: DeviceId;
  /** Entries 0 to `next - 1` are here without a gap. */
  readonly next: number;
  /** One more than the largest number here, gaps or not. */
  readonly reached: number;
  readonly entries: number;
  readonly bytes: number;
}

export function entryPath(folder: string, device: DeviceId, sequence: number): string {
  return join(folder, idText(device), String(sequence).padStart(10, '0'));
}

async function filesOf(disk: Disk, folder: string, device: DeviceId): Promise<DeviceFiles> {
  const numbers = (await disk.list(join(folder, idText(device)))).filter((name) => ENTRY_NAME.test(name));
  let next = 0;
  let reached = 0;
  let bytes = 0;
  for (const number of numbers) {
    if (Number(number) === next) next += 1;
    reached = Number(number) + 1;
    bytes += (await disk.stat(entryPath(folder, device, Number(number))))?.size ?? 0;
  }
  return { device, next, reached, entries: numbers.length, bytes };
}

/** All devices with a folder below `folder`; anything with another name is not ours. */
export async function listDevices(disk: Disk, folder: string): Promise<DeviceFiles[]> {
  const found: DeviceFiles[] = [];
  for (const name of await disk.list(folder)) {
    const device = parseIdText(name);
    if (device && idText(device) === name) found.push(await filesOf(disk, folder, device));
  }
  return found;
}

export interface DamagedEntry {
  readonly device: DeviceId;
  readonly sequence: number;
}

export function quarantinePath(folder: string, device: DeviceId, sequence: number): string {
  return join(folder, 'quarantine', `${idText(device)}.${sequence}`);
}

/** Which entries have been found damaged here, ever; those that were sent again lie in their logs too. */
export async function listQuarantined(disk: Disk, folder: string): Promise<DamagedEntry[]> {
  const found: DamagedEntry[] = [];
  for (const name of await disk.list(join(folder, 'quarantine'))) {
    const [, id = '', number = ''] = /^([a-z0-9]+)\.(\d{1,10})$/.exec(name) ?? [];
    const device = parseIdText(id);
    if (device) found.push({ device, sequence: Number(number) });
  }
  return found;
}
