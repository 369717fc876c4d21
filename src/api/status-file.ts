/** What a running peer writes down about itself, so that `vault-peer status` can tell it without asking over the network. */
import path from 'node:path';
import { utf8 } from '../model/bytes.ts';
import { MiB } from '../model/units.ts';
import { nodeDisk } from '../runtime/node-disk.ts';
import type { UpkeepReport } from './upkeep-report.ts';

export interface StatusFile {
  readonly pid: number;
  readonly addresses: readonly string[];
  readonly peersKnown: number;
  readonly peersConnected: number;
  readonly vaultsHeld: number;
  readonly chunks: number;
  readonly bytes: number;
  readonly freeBytes: number;
  /** When this peer first ran, and for how long in all; for the share of time it was up. */
  readonly firstRunMs: number;
  readonly upMs: number;
  readonly writtenMs: number;
  /** Absent in files of older versions. */
  readonly upkeep?: UpkeepReport;
}

function fileIn(folder: string): string {
  return path.join(folder, 'status.json');
}

/** `undefined` when there is none or it cannot be read: it is a convenience, never a truth. */
export async function readStatusFile(folder: string): Promise<StatusFile | undefined> {
  const bytes = await nodeDisk().read(fileIn(folder), MiB);
  if (bytes === undefined) return undefined;
  try {
    const parsed = JSON.parse(Buffer.from(bytes).toString('utf8')) as Partial<StatusFile>;
    const numbers = [parsed.pid, parsed.peersKnown, parsed.chunks, parsed.firstRunMs, parsed.upMs];
    if (!numbers.every((value) => typeof value === 'number')) return undefined;
    return Array.isArray(parsed.addresses) ? (parsed as StatusFile) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

export async function writeStatusFile(folder: string, status: StatusFile): Promise<void> {
  await nodeDisk().write(fileIn(folder), [utf8(`${JSON.stringify(status)}\n`)], { mode: 0o600 });
}

/** Part of the time since the first run in which the peer was up, 0 to 1. */
export function uptimeShare(status: Pick<StatusFile, 'firstRunMs' | 'upMs'>, nowMs: number): number {
  const since = nowMs - status.firstRunMs;
  return since <= 0 ? 1 : Math.min(1, Math.max(0, status.upMs / since));
}
