/** Shows what a vault consists of, piece by piece, as the format describes it; for the curious, and for whoever mends something. */
import { OpenedChunks } from '../backup/opened-chunks.ts';
import { TreeReader } from '../backup/tree-reader.ts';
import { DEFAULT_SIZES } from '../chunker/chunk-sizes.ts';
import { openChunk } from '../crypto/chunk-cipher.ts';
import { decodeIndex } from '../format/index-chunk.ts';
import { ChunkKind, MAX_PLAIN_BYTES, MAX_SEALED_BYTES } from '../format/kinds.ts';
import type { TreeNode } from '../format/tree-page.ts';
import { isVaultError, VaultError } from '../model/errors.ts';
import { cidText, type Digest, digestOfCid, idText } from '../model/ids.ts';
import type { SnapshotRecord } from '../vault/log-books.ts';
import { decodeEntry, openEntry } from '../vault/opened-entry.ts';
import type { VaultHome } from '../vault/vault-home.ts';
import { entryShape, indexShape, kindName, nodeShape, snapshotShape } from './cat-shapes.ts';
import type { Cat, CatObject, CatOptions } from './cat-types.ts';
import { chooseSnapshot } from './choose-snapshots.ts';
import { requireRight } from './require-right.ts';
import { namesOf, noSuchPath, rootAt } from './tree-root.ts';
import { findDevice } from './vault-devices.ts';
import type { VaultWork } from './vault-work.ts';

/** What a home says of its vault and device. Needs no peer. */
export function catConfig({ vault, device, copies, folder }: VaultHome): Cat {
  const { min, average, max } = DEFAULT_SIZES;
  const config: CatObject = {
    message_type: 'config',
    vault_id: idText(vault),
    device_id: idText(device.id),
    device_name: device.name,
    role: device.role,
    copies_target: copies,
    home: folder,
    piece_bytes_min: min,
    piece_bytes_average: average,
    piece_bytes_max: max,
    chunk_bytes_max: MAX_PLAIN_BYTES,
    sealed_bytes_max: MAX_SEALED_BYTES,
  };
  return { objects: each([config]) };
}

/** Throws 'not-found', 'ambiguous', 'usage' (no name of a chunk; no folder), 'denied' (a keeper), 'unavailable', 'lost', 'corrupt'. */
export async function catVault(work: VaultWork, options: CatOptions): Promise<Cat> {
  const { wish } = options;
  if (wish.what === 'config') return catConfig(work.home);
  if (wish.what === 'log') return { objects: logsOf(work, wish.device) };
  if (wish.what === 'chunk' && wish.raw)
    return { bytes: await sealedOf(work, chunkNamed(wish.chunk)), kind: 'sealed' };
  requireRight(work.home, 'read', 'read snapshots');
  if (wish.what === 'chunk') return await openedOf(work, chunkNamed(wish.chunk));
  if (wish.what === 'index') return { objects: each(await indexOf(work, wish.chunk)) };
  const record = chooseSnapshot(work.state.snapshots(), wish.snapshot, options);
  if (wish.what === 'snapshot') return { objects: each([snapshotShape(record)]) };
  return { objects: await treeOf(work, record, wish.path) };
}

async function* each(objects: Iterable<CatObject>): AsyncGenerator<CatObject> {
  yield* objects;
}

function chunkNamed(text: string): Digest {
  try {
    return digestOfCid(text);
  } catch (cause) {
    throw new VaultError('usage', `"${text.slice(0, 80)}" is no name of a chunk`, {
      hint: 'It is a CID like bafkrei...: "vault cat log" and "vault cat tree" show some.',
      cause,
    });
  }
}

/** As holders keep them; they have been compared with their name. */
async function sealedOf({ session, wait }: VaultWork, digest: Digest): Promise<Uint8Array> {
  const sealed = await session.readingStore().get(digest, wait);
  if (sealed) return sealed;
  throw new VaultError('not-found', `no holder of this vault has chunk ${cidText(digest)}`);
}

/** What it carries is bound into its seal and written nowhere, so each kind is tried (C4). */
async function openedOf(work: VaultWork, digest: Digest): Promise<Cat> {
  const sealed = await sealedOf(work, digest);
  for (const kind of Object.values(ChunkKind)) {
    try {
      return { bytes: openChunk(work.home.keys, kind, sealed.slice()), kind: kindName(kind) };
    } catch (error) {
      if (!isVaultError(error, 'corrupt')) throw error;
    }
  }
  throw new VaultError('corrupt', `chunk ${cidText(digest)} cannot be opened with the keys of this vault`);
}

async function indexOf(work: VaultWork, name: string): Promise<CatObject[]> {
  const cat = await openedOf(work, chunkNamed(name));
  if ('bytes' in cat && cat.kind === kindName(ChunkKind.index)) return decodeIndex(cat.bytes).map(indexShape);
  const kind = 'kind' in cat ? cat.kind : '';
  throw new VaultError('usage', `that chunk is no index: it carries ${kind}`, {
    hint: '"vault cat log" names index chunks in its announcements.',
  });
}

async function treeOf(
  work: VaultWork,
  record: SnapshotRecord,
  path: string | undefined,
): Promise<AsyncIterable<CatObject>> {
  const { session, home, wait } = work;
  const reader = new TreeReader(new OpenedChunks(session.readingStore(), home.keys));
  const names = namesOf(path);
  const root = await rootAt(record, names, reader, wait);
  if (!root) throw noSuchPath(names);
  if (!('nodes' in root)) return nodesOf(reader.pages(root, wait));
  const [node] = root.nodes;
  // A file or a link is shown as the entry that it is.
  return node?.type === 'directory'
    ? nodesOf(reader.pages(node.pages, wait))
    : each(root.nodes.map(nodeShape));
}

async function* nodesOf(nodes: AsyncIterable<TreeNode>): AsyncGenerator<CatObject> {
  for await (const node of nodes) yield nodeShape(node);
}

async function* logsOf(work: VaultWork, name: string | undefined): AsyncGenerator<CatObject> {
  const { state, home, warn } = work;
  const logs = name === undefined ? state.logs.devices() : [findDevice(state, name)];
  for (const { device, next } of logs) {
    for (const bytes of state.logs.entries(device, 0, next)) {
      const entry = decodeEntry(bytes, home.logKeys, device);
      yield entryShape(openEntry(entry, bytes, home.logKeys, ({ message }) => warn(message)));
    }
  }
}
