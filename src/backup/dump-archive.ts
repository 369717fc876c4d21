/** A folder of a snapshot as the bytes of an archive, made while they are read: nothing is held whole in memory (T4). */
import { isUtf8 } from 'node:buffer';
import type { BlobRef } from '../format/blob-ref.ts';
import { ChunkKind } from '../format/kinds.ts';
import type { FileNode, SpecialNode, TreeNode } from '../format/tree-page.ts';
import { toHex } from '../model/bytes.ts';
import { isVaultError, VaultError } from '../model/errors.ts';
import { MiB } from '../model/units.ts';
import type { WaitOptions } from '../store/chunk-store.ts';
import type { Archive, ArchiveWriter } from './archive.ts';
import { fileBytes } from './file-bytes.ts';
import { linkKey } from './hard-links.ts';
import { type ListEntry, listTree } from './list.ts';
import type { OpenedChunks } from './opened-chunks.ts';
import { pathText } from './path-text.ts';

export interface DumpOptions {
  /** Of the folder; its entries are named from here. */
  readonly pages: readonly BlobRef[];
  readonly chunks: OpenedChunks;
  /** Something is not, or not as it was, in the archive; `path` in the folder. */
  readonly onProblem: (path: string, error: VaultError) => void;
  readonly wait?: WaitOptions;
}

/** Entries looked at ahead of the one that is written, and different chunks of them that are asked for meanwhile. */
const LOOK_AHEAD = 256;
const CHUNKS_AHEAD = 6;
const ZEROS = new Uint8Array(MiB);

/**
 * A file whose content cannot be had is left out, or, when that shows in its middle, filled up with zeros; both are told. Throws only
 * what is wrong with the reader, and the signal's reason.
 */
export async function* dumpArchive(archive: Archive, options: DumpOptions): AsyncGenerator<Uint8Array> {
  const written = new FolderDump(archive.writer, options).all();
  written.catch((error: unknown) => archive.fail(error instanceof Error ? error : new Error(String(error))));
  yield* archive.bytes;
  await written;
}

class FolderDump {
  readonly #writer: ArchiveWriter;
  readonly #options: DumpOptions;
  /** Grows with the number of files that have several names, as in a restore. */
  readonly #firstNames = new Map<string, string>();

  constructor(writer: ArchiveWriter, options: DumpOptions) {
    this.#writer = writer;
    this.#options = options;
  }

  async all(): Promise<void> {
    const { pages, chunks, onProblem, wait = {} } = this.#options;
    const entries = listTree({ root: pages, recursive: true, chunks, ...wait });
    for await (const entry of askedEarly(entries, chunks, wait)) {
      const name = pathText(entry.path);
      if ('error' in entry) onProblem(name, entry.error);
      else {
        if (!isUtf8(entry.node.name)) onProblem(name, otherName());
        await this.#entry(name, entry.node);
      }
    }
    this.#writer.end();
  }

  async #entry(name: string, node: TreeNode): Promise<void> {
    if (node.type === 'directory') return await this.#writer.directory(name, node);
    if (node.type === 'symlink') return await this.#writer.link(name, node);
    if (node.type !== 'file') return await this.#special(name, node);
    const key = linkKey(node);
    const first = key === undefined ? undefined : this.#firstNames.get(key);
    if (first !== undefined && (await this.#writer.hardLink(name, node, first))) return;
    if ((await this.#file(name, node)) && key !== undefined) this.#firstNames.set(key, name);
  }

  async #special(name: string, node: SpecialNode): Promise<void> {
    if (!(await this.#writer.special(name, node))) this.#options.onProblem(name, noSpecials());
  }

  /** False when it is not in the archive as it should be. */
  async #file(name: string, node: FileNode): Promise<boolean> {
    const { chunks, onProblem, wait = {} } = this.#options;
    let whole = true;
    const pieces = fileBytes(node, chunks, wait);
    const fault = (error: unknown): void => {
      wait.signal?.throwIfAborted();
      if (!isVaultError(error)) throw error;
      whole = false;
      onProblem(name, error);
    };
    let first: IteratorResult<Uint8Array, unknown>;
    try {
      first = await pieces.next();
    } catch (error) {
      fault(error);
      return false;
    }
    await this.#writer.file(name, node, filledUp(node.size, first, pieces, fault));
    return whole;
  }
}

/** Exactly `size` bytes, whatever happens to what comes after the first piece. */
async function* filledUp(
  size: number,
  first: IteratorResult<Uint8Array, unknown>,
  rest: AsyncGenerator<Uint8Array>,
  onFault: (error: unknown) => void,
): AsyncGenerator<Uint8Array> {
  let missing = size;
  try {
    for (let next = first; !next.done; next = await rest.next()) {
      missing -= next.value.length;
      yield next.value;
    }
  } catch (error) {
    const from = size - missing;
    onFault(isVaultError(error) ? zeroed(error, from) : error);
  }
  while (missing > 0) {
    const zeros = ZEROS.subarray(0, Math.min(missing, ZEROS.length));
    missing -= zeros.length;
    yield zeros;
  }
}

/** The same entries, with the first chunks of the files among them on their way before they are needed. */
async function* askedEarly(
  entries: AsyncIterable<ListEntry>,
  chunks: OpenedChunks,
  { signal }: WaitOptions,
): AsyncGenerator<ListEntry> {
  const ahead: { readonly entry: ListEntry; readonly chunk: string | undefined }[] = [];
  const asked = new Map<string, number>();
  const leave = ({ entry, chunk }: (typeof ahead)[number]): ListEntry => {
    const users = chunk === undefined ? 0 : (asked.get(chunk) ?? 0);
    if (chunk !== undefined && users > 1) asked.set(chunk, users - 1);
    else if (chunk !== undefined) asked.delete(chunk);
    return entry;
  };
  for await (const entry of entries) {
    const ref =
      'node' in entry && entry.node.type === 'file' && !entry.node.indirect
        ? entry.node.content[0]
        : undefined;
    const chunk = ref && toHex(ref.chunk);
    if (ref && chunk !== undefined) {
      const users = asked.get(chunk) ?? 0;
      asked.set(chunk, users + 1);
      if (users === 0 && !chunks.peek(ChunkKind.content, ref.chunk)) {
        chunks.whole(ChunkKind.content, ref.chunk, signal ? { signal } : {}).catch(() => undefined);
      }
    }
    ahead.push({ entry, chunk });
    while (ahead.length > LOOK_AHEAD || asked.size > CHUNKS_AHEAD) {
      const first = ahead.shift();
      if (first) yield leave(first);
    }
  }
  for (const left of ahead) yield left.entry;
}

function otherName(): VaultError {
  return new VaultError(
    'io',
    'its name is not UTF-8, so the archive has it with \\x and the number of each such byte',
  );
}

function noSpecials(): VaultError {
  return new VaultError('io', 'it is a pipe or a device, which such an archive cannot have: it is left out', {
    hint: 'A tar has them.',
  });
}

function zeroed(error: VaultError, from: number): VaultError {
  return new VaultError(error.code, `${error.message}; the archive has zeros from its byte ${from} on`, {
    cause: error,
  });
}
