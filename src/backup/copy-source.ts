/** What a copy reads of the vault it comes from; what could not be had there is told apart from what failed in the other vault. */
import type { VaultKeys } from '../crypto/vault-keys.ts';
import type { BlobRef } from '../format/blob-ref.ts';
import { ChunkKind } from '../format/kinds.ts';
import type { FileNode, TreeNode } from '../format/tree-page.ts';
import { isVaultError, type VaultError } from '../model/errors.ts';
import type { ChunkReader, WaitOptions } from '../store/chunk-store.ts';
import { fileBytes } from './file-bytes.ts';
import type { SlowFile } from './file-source.ts';
import { OpenedChunks } from './opened-chunks.ts';
import { TreeReader } from './tree-reader.ts';

export class CopySource {
  readonly tree: TreeReader;
  readonly #chunks: OpenedChunks;
  readonly #wait: WaitOptions;
  readonly #failures = new WeakSet<object>();

  constructor(reader: ChunkReader, keys: VaultKeys, wait: WaitOptions) {
    this.#chunks = new OpenedChunks(reader, keys);
    this.tree = new TreeReader(this.#chunks);
    this.#wait = wait;
  }

  /** Of a folder, in order of their names. Throws 'unavailable', 'lost', 'corrupt'. */
  async *entries(pages: readonly BlobRef[]): AsyncGenerator<TreeNode> {
    try {
      yield* this.tree.pages(pages, this.#wait);
    } catch (error) {
      throw this.noted(error);
    }
  }

  /** A view that must not be changed. Throws like `entries`. */
  async bytes(ref: BlobRef): Promise<Uint8Array> {
    try {
      return await this.#chunks.bytes(ChunkKind.content, ref, this.#wait);
    } catch (error) {
      throw this.noted(error);
    }
  }

  /** The content of a file, to be read in order. Reading throws like `entries`. */
  open(node: FileNode): Pick<SlowFile, 'read'> {
    const pieces = fileBytes(node, this.#chunks, this.#wait);
    let left: Uint8Array = new Uint8Array();
    const read = async (into: Uint8Array): Promise<number> => {
      while (left.length === 0) {
        const { value, done } = await pieces.next();
        if (done === true) return 0;
        left = value;
      }
      const length = Math.min(left.length, into.length);
      into.set(left.subarray(0, length));
      left = left.subarray(length);
      return length;
    };
    return {
      read: async (into) => {
        try {
          return await read(into);
        } catch (error) {
          throw this.noted(error);
        }
      },
    };
  }

  /** This error says that the source cannot be read. */
  isFailure(error: unknown): error is VaultError {
    return isVaultError(error) && this.#failures.has(error);
  }

  noted(error: unknown): unknown {
    if (isVaultError(error, 'unavailable', 'lost', 'corrupt', 'unsupported-version'))
      this.#failures.add(error);
    return error;
  }
}
