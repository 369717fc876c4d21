/** Looks at folders as a thread tells them: one table for all of a job. */

import { type FolderLook, LOOK_FIELDS } from './folder-looks.ts';
import { HASH_BYTES } from './folder-marks.ts';
import { type PackedError, packError, unpackError } from './pack-error.ts';

interface Rare {
  readonly index: number;
  readonly large?: boolean;
  readonly error?: PackedError;
  readonly failed?: readonly { readonly name: string; readonly error: PackedError }[];
}

export interface LooksTable {
  /** Of each folder: its entries, with "/" between them. */
  readonly names: readonly string[];
  /** How many entries each folder has. */
  readonly counts: Uint32Array<ArrayBuffer>;
  readonly fields: Float64Array<ArrayBuffer>;
  readonly fingerprints: Uint8Array<ArrayBuffer>;
  /** What is not as usual. */
  readonly rare: readonly Rare[];
}

export function packLooks(looks: readonly FolderLook[]): LooksTable {
  const counts = Uint32Array.from(looks, (look) => (look.kind === 'looks' ? look.names.length : 0));
  const fields = new Float64Array(counts.reduce((sum, count) => sum + count, 0) * LOOK_FIELDS);
  const fingerprints = new Uint8Array(looks.length * HASH_BYTES);
  const rare: Rare[] = [];
  let at = 0;
  looks.forEach((look, index) => {
    if (look.kind === 'failed') rare.push({ index, error: packError(look.error) });
    else if (look.kind === 'large') rare.push({ index, large: true });
    else {
      fields.set(look.fields, at);
      at += look.fields.length;
      fingerprints.set(look.fingerprint, index * HASH_BYTES);
      const failed = look.failed.map(({ name, error }) => ({ name, error: packError(error) }));
      if (failed.length > 0) rare.push({ index, failed });
    }
  });
  const names = looks.map((look) => (look.kind === 'looks' ? look.names.join('/') : ''));
  return { names, counts, fields, fingerprints, rare };
}

export function unpackLooks({ names, counts, fields, fingerprints, rare }: LooksTable): FolderLook[] {
  const unusual = new Map(rare.map((item) => [item.index, item]));
  let at = 0;
  return names.map((joined, index): FolderLook => {
    const item = unusual.get(index);
    if (item?.large) return { kind: 'large' };
    if (item?.error) return { kind: 'failed', error: unpackError(item.error) };
    const end = at + (counts[index] ?? 0) * LOOK_FIELDS;
    const own = fields.subarray(at, end);
    at = end;
    return {
      kind: 'looks',
      names: joined === '' ? [] : joined.split('/'),
      fields: own,
      fingerprint: fingerprints.slice(index * HASH_BYTES, (index + 1) * HASH_BYTES),
      failed: (item?.failed ?? []).map(({ name, error }) => ({ name, error: unpackError(error) })),
    };
  });
}
