/** Where everything lies in an export (docs/spec/export.md, X2): names are made from ids and numbers, and from nothing that was read. */
import {
  cidText,
  type DeviceId,
  type Digest,
  digestOfCid,
  groupOf,
  idText,
  type VaultId,
} from '../model/ids.ts';

/** The folder below what people name: their other files on the stick are left alone. */
export const EXPORT_FOLDER = 'vault-export';

const SEGMENT_NAME = /^\d{10}$/;

/** One vault's folder. */
export function vaultFolder(vault: VaultId): string {
  return `${EXPORT_FOLDER}/${idText(vault)}`;
}

export function groupFolder(base: string, group: number): string {
  return `${base}/chunks/${group.toString(16).padStart(2, '0')}`;
}

export function chunkName(base: string, digest: Digest): string {
  return `${groupFolder(base, groupOf(digest))}/${cidText(digest)}`;
}

/** `undefined` for a file that is no chunk of this group. */
export function digestIn(name: string, group: number): Digest | undefined {
  try {
    const digest = digestOfCid(name);
    return groupOf(digest) === group && cidText(digest) === name ? digest : undefined;
  } catch {
    return undefined;
  }
}

export function logFolder(base: string, device: DeviceId): string {
  return `${base}/logs/${idText(device)}`;
}

/** A segment is named by the number of its first entry. */
export function segmentName(base: string, device: DeviceId, first: number): string {
  return `${logFolder(base, device)}/${String(first).padStart(10, '0')}`;
}

/** `undefined` for a file that is no segment. */
export function segmentFirst(name: string): number | undefined {
  return SEGMENT_NAME.test(name) ? Number(name) : undefined;
}
