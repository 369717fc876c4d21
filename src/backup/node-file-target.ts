/** A folder of this machine as a restore target: complete before it is seen, exact attributes, never outside, never through a link. */
import * as fs from 'node:fs';
import type { OpeningKeys } from '../crypto/vault-keys.ts';
import type { NodeMetadata } from '../format/tree-page.ts';
import { assert, type VaultError } from '../model/errors.ts';
import { type BytePath, joinNames, pathOfBytes, systemPath } from './byte-path.ts';
import { ordersOf } from './file-orders.ts';
import type { FileTable } from './file-table.ts';
import type { FileTarget, LostXattrs, PreparedTarget, PrepareOptions, Verified } from './file-target.ts';
import { openRoot } from './folder-handle.ts';
import type { FolderTools } from './folder-tools.ts';
import { nativeFiles } from './native-files.ts';
import { type MakeSpecial, nativeNodes } from './native-nodes.ts';
import { NodeFolder } from './node-folder.ts';
import { closeTargetFolder, type OpenedTarget, openTargetFolder } from './open-target-folder.ts';
import { NUMERIC_OWNERS, type OwnerIds } from './owner-ids.ts';
import { type AttributeOptions, AttributeSetter, addLost } from './set-attributes.ts';
import type { WriterOptions } from './small-file-writer.ts';
import { errorOf, targetError } from './target-error.ts';
import type { Attributes } from './target-folder.ts';
import { TemporaryNames } from './temporary-names.ts';
import type { BundleResult, Unpackers } from './unpackers.ts';
import { VerifyLog } from './verify-log.ts';
import { verifyWritten } from './verify-written.ts';

export interface NodeFileTargetOptions extends Partial<AttributeOptions> {
  readonly folder: string;
  readonly keys: OpeningKeys;
  /** Who opens the chunks and writes files: `threadUnpackers` or `inlineUnpackers`. */
  readonly unpackers: (keys: OpeningKeys, options: WriterOptions) => Unpackers;
  /** Whose entries are, where owners are restored; default: their numbers. */
  readonly ids?: OwnerIds;
  /** Default: the C library's mkfifo and mknod. */
  readonly makeSpecial?: MakeSpecial;
  /** Default: by descriptors where this system has them. */
  readonly openRoot?: typeof openRoot;
}

interface Prepared {
  readonly options: PrepareOptions;
  readonly opened: OpenedTarget;
  readonly tools: FolderTools;
}

export class NodeFileTarget implements FileTarget {
  readonly #options: NodeFileTargetOptions;
  /** When this process is root, unless told. */
  readonly #owners: boolean;
  readonly #attributes: AttributeSetter;
  #prepared: Prepared | undefined;
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

  prepare(options: PrepareOptions): PreparedTarget {
    const opened = openTargetFolder(this.#options.folder, options);
    const { root, fresh, exact, newFiles, resumed } = opened;
    const prefix = pathOfBytes(root);
    const names = new TemporaryNames('e');
    const tools = {
      names,
      attributes: this.#attributes,
      unpackers: this.#startUnpackers(opened),
      makeSpecial: this.#options.makeSpecial ?? nativeNodes(),
      changes: options.overwrite !== 'never',
      newFiles,
      verifyLog: options.verify === true ? verifyLogIn(prefix, names) : undefined,
    };
    this.#prepared = { options, opened, tools };
    const handle = (this.#options.openRoot ?? openRoot)(prefix);
    return { folder: new NodeFolder(tools, handle, fresh, { exact }), resumed };
  }

  attributesOf(node: NodeMetadata): Attributes {
    const ids = this.#options.ids ?? NUMERIC_OWNERS;
    const [uid, gid] = [ids.uid(node), ids.gid(node)];
    if (uid === node.uid && gid === node.gid) return node;
    const { mode, mtime, xattrs } = node;
    return { mode, uid, gid, mtime, xattrs };
  }

  async writeBundle(
    sealed: Uint8Array | undefined,
    files: FileTable,
  ): Promise<readonly (VaultError | undefined)[]> {
    const { unpackers, verifyLog } = this.#tools;
    const result = await unpackers.bundle({ sealed, files: ordersOf(files), sums: verifyLog !== undefined });
    this.#lost = addLost(this.#lost, result.lostXattrs);
    const outcomes: (VaultError | undefined)[] = Array.from({ length: files.count });
    for (const [index, fault] of result.faults) outcomes[index] = errorOf(fault, pathIn(files, index));
    if (verifyLog) note(verifyLog, files, outcomes, result);
    return outcomes;
  }

  async verify(tell: (path: BytePath, fault: VaultError) => void, signal: AbortSignal): Promise<Verified> {
    const { unpackers, verifyLog: log } = this.#tools;
    assert(log, 'a restore that was not prepared to be verified');
    const prefix = pathOfBytes(this.#ready.opened.root);
    makeDurable(prefix);
    return await verifyWritten({ log, prefix, unpackers, tell, signal });
  }

  async close(complete: boolean): Promise<void> {
    const { options, opened, tools } = this.#ready;
    tools.verifyLog?.close();
    await tools.unpackers.close();
    try {
      if (complete) closeTargetFolder(opened, options, this.#options.setTimes);
    } catch (error) {
      throw targetError(error, '');
    }
  }

  get #ready(): Prepared {
    assert(this.#prepared, 'a target that is not prepared');
    return this.#prepared;
  }

  get #tools(): FolderTools {
    return this.#ready.tools;
  }

  #startUnpackers({ newFiles }: OpenedTarget): Unpackers {
    const { keys, unpackers, setTimes, xattrs } = this.#options;
    return unpackers(keys, {
      owners: this.#owners,
      ...(setTimes ? { setTimes } : {}),
      ...(xattrs ? { xattrs } : {}),
      newFiles,
      label: 'f',
    });
  }
}

function pathIn(files: FileTable, index: number): BytePath {
  return joinNames(files.folderOf(index).path, files.names[index] ?? '');
}

function verifyLogIn(prefix: BytePath, names: TemporaryNames): VerifyLog {
  let log: VerifyLog | undefined;
  names.unused(prefix, (path) => {
    log = new VerifyLog(systemPath(path));
  });
  assert(log, 'a name that was free and is not');
  return log;
}

function note(
  log: VerifyLog,
  files: FileTable,
  outcomes: readonly (VaultError | undefined)[],
  { sums }: BundleResult,
): void {
  for (const [index, fault] of outcomes.entries()) {
    if (fault) continue;
    const sum = sums.subarray(index * 32, (index + 1) * 32);
    const length = files.of(index, 'length');
    log.add({ path: pathIn(files, index), position: 0, length, whole: true, sum });
  }
}

/** What is not on the disk yet cannot be read from there. */
function makeDurable(folder: BytePath): void {
  const native = nativeFiles();
  if (!native) return;
  const fd = fs.openSync(systemPath(folder), fs.constants.O_RDONLY);
  try {
    native.sync(fd);
  } finally {
    fs.closeSync(fd);
  }
}
