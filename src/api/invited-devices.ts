/** Which devices were invited from this machine: a list beside the vault, so that one that never came can still be ended (L1). */
import path from 'node:path';
import { utf8 } from '../model/bytes.ts';
import type { DeviceRole } from '../model/device-role.ts';
import { isVaultError } from '../model/errors.ts';
import { type DeviceId, idText, parseIdText } from '../model/ids.ts';
import { KiB } from '../model/units.ts';
import type { Disk } from '../runtime/disk.ts';
import { parsedJson } from '../vault/home-file.ts';

export interface InvitedRecord {
  readonly device: DeviceId;
  readonly name: string;
  readonly role: Exclude<DeviceRole, 'full'>;
  /** Milliseconds since 1970. */
  readonly createdMs: number;
}

const VERSION = 1;
const MAX_BYTES: number = 256 * KiB;
const MAX_RECORDS = 512;
const MAX_TIME_MS = 8.64e15;

function fileIn(home: string): string {
  return path.join(home, 'invited.json');
}

/** Nobody when there is no such file or it is damaged: it is a convenience. */
export async function readInvited(disk: Disk, home: string): Promise<readonly InvitedRecord[]> {
  try {
    const bytes = await disk.read(fileIn(home), MAX_BYTES);
    const parsed = bytes && (parsedJson(bytes) as { devices?: unknown } | null | undefined);
    const listed = parsed && typeof parsed === 'object' ? parsed.devices : undefined;
    return Array.isArray(listed) ? listed.slice(0, MAX_RECORDS).flatMap(recordOf) : [];
  } catch (error) {
    if (isVaultError(error, 'corrupt')) return [];
    throw error;
  }
}

export async function addInvited(disk: Disk, home: string, record: InvitedRecord): Promise<void> {
  const devices = [...(await readInvited(disk, home)), record]
    .slice(-MAX_RECORDS)
    .map(({ device, ...rest }) => ({ id: idText(device), ...rest }));
  const text = `${JSON.stringify({ version: VERSION, devices }, undefined, 2)}\n`;
  await disk.write(fileIn(home), [utf8(text)], { mode: 0o600 });
}

function recordOf(entry: unknown): InvitedRecord[] {
  if (typeof entry !== 'object' || entry === null) return [];
  const { id, name, role, createdMs } = entry as Readonly<Record<string, unknown>>;
  const device = typeof id === 'string' ? parseIdText(id) : undefined;
  if (!device || typeof name !== 'string' || (role !== 'append-only' && role !== 'keeper')) return [];
  const known = typeof createdMs === 'number' && createdMs >= 0 && createdMs <= MAX_TIME_MS;
  return [{ device, name, role, createdMs: known ? createdMs : 0 }];
}
