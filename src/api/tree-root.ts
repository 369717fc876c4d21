/** What a command that works on a snapshot, or on one path in it, begins with. */
import type { TreeRoot } from '../backup/merge-trees.ts';
import { pathText } from '../backup/path-text.ts';
import { splitPath, type TreeReader } from '../backup/tree-reader.ts';
import { utf8 } from '../model/bytes.ts';
import { VaultError } from '../model/errors.ts';
import type { WaitOptions } from '../store/chunk-store.ts';
import type { SnapshotRecord } from '../vault/log-books.ts';

/** Names of a path as people write it; none for the root. */
export function namesOf(path: string | undefined): readonly Uint8Array[] {
  return path === undefined ? [] : splitPath(utf8(path));
}

export function joined(names: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(names.flatMap((name, i) => (i > 0 ? [SLASH, name] : [name])));
}

/** The pages of "/", or the one entry at the path; `undefined` when there is none. Throws what reading throws. */
export async function rootAt(
  { snapshot }: SnapshotRecord,
  names: readonly Uint8Array[],
  reader: TreeReader,
  wait: WaitOptions,
): Promise<TreeRoot | undefined> {
  if (names.length === 0) return snapshot.root;
  const node = await reader.find(snapshot.root, joined(names), wait);
  return node && { nodes: [node] };
}

export function noSuchPath(names: readonly Uint8Array[], where = 'the snapshot has'): VaultError {
  return new VaultError('not-found', `${where} no /${pathText(joined(names))}`, {
    hint: '"vault ls SNAPSHOT" lists what it has.',
  });
}

const SLASH = Buffer.from('/');
