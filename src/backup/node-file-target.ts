/** A folder of this machine as a restore target: complete before it is seen, exact attributes, never outside, never through a link. */
import type { VaultError } from '../model/errors.ts';
import { joinNames, pathOfBytes } from './byte-path.ts';
import { ordersOf } from './file-orders.ts';
import type { FileTable } from './file-table.ts';
import type { FileTarget, LostXattrs, Overwrite } from './file-target.ts';
import { openRoot } from './folder-handle.ts';
import { NodeFolder } from './node-folder.ts';
import { openTargetFolder } from './open-target-folder.ts';
import { type AttributeOptions, AttributeSetter, addLost } from './set-attributes.ts';
import type { WriterOptions } from './small-file-writer.ts';
import { errorOf } from './target-error.ts';
import type { TargetFolder } from './target-folder.ts';
import { TemporaryNames } from './temporary-names.ts';
import type { OpeningKeys } from './unpack-hand.ts';
import type { Unpackers } from './unpackers.ts';

export interface NodeFileTargetOptions extends Partial<AttributeOptions> {
  readonly folder: string;
  readonly keys: OpeningKeys;
  /** Who opens the chunks and writes files: `threadUnpackers` or `inlineUnpackers`. */
  readonly unpackers: (keys: OpeningKeys, options: WriterOptions) => Unpackers;
  /** Default: by descriptors where this system has them. */
  readonly openRoot?: typeof openRoot;
}

export class NodeFileTarget implements FileTarget {
  readonly #options: NodeFileTargetOptions;
  /** When this process is root, unless told. */
  readonly #owners: boolean;
  readonly #attributes: AttributeSetter;
  #unpackers: Unpackers | undefined;
  #lost: LostXattrs = { count: 0, example: undefined };

  constructor(options: NodeFileTargetOptions) {
    this.#options = options;
    this.#owners = options.owners ?? process.geteuid?.() === 0;
    this.#attributes = new AttributeSetter({ ...options, owners: this.#owners });
  }

  get lostXattrs(): LostXattrs {
    this.#lost = addLost(this.#lost, this.#attributes.takeLost());
    return this.#lost;
  }

  prepare(overwrite: Overwrite): TargetFolder {
    const { folder, keys, unpackers, setTimes, xattrs } = this.#options;
    const { root, fresh, newFiles, exact } = openTargetFolder(folder, overwrite);
    this.#unpackers = unpackers(keys, {
      owners: this.#owners,
      ...(setTimes ? { setTimes } : {}),
      ...(xattrs ? { xattrs } : {}),
      newFiles,
      label: 'f',
    });
    const tools = {
      names: new TemporaryNames('e'),
      attributes: this.#attributes,
      unpackers: this.#unpackers,
      newFiles,
      changes: overwrite !== 'never',
    };
    const handle = (this.#options.openRoot ?? openRoot)(pathOfBytes(root));
    return new NodeFolder(tools, handle, fresh, { exact });
  }

  async writeBundle(
    sealed: Uint8Array | undefined,
    files: FileTable,
  ): Promise<readonly (VaultError | undefined)[]> {
    const outcomes: (VaultError | undefined)[] = Array.from({ length: files.count });
    const result = await this.#unpackers?.bundle({ sealed, files: ordersOf(files) });
    if (!result) return outcomes;
    for (const [index, fault] of result.faults) {
      outcomes[index] = errorOf(fault, joinNames(files.folderOf(index).path, files.names[index] ?? ''));
    }
    this.#lost = addLost(this.#lost, result.lostXattrs);
    return outcomes;
  }

  async close(): Promise<void> {
    await this.#unpackers?.close();
  }
}
