/** One vault with its devices, a mesh of one store and some log holders, all in memory: what backup tests run against. */
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { runBackup } from '../../src/backup/backup.ts';
import type { BackupOptions, BackupResult } from '../../src/backup/backup-options.ts';
import { compareTrees } from '../../src/backup/compare.ts';
import type { FileSource } from '../../src/backup/file-source.ts';
import { inlineCrew } from '../../src/backup/inline-crew.ts';
import { inlineUnpackers } from '../../src/backup/inline-unpackers.ts';
import { nodeFileSource } from '../../src/backup/node-file-source.ts';
import { NodeFileTarget } from '../../src/backup/node-file-target.ts';
import { OpenedChunks } from '../../src/backup/opened-chunks.ts';
import { runRestore } from '../../src/backup/restore.ts';
import { TreeReader } from '../../src/backup/tree-reader.ts';
import { deriveVaultKeys, type OwnerKeys } from '../../src/crypto/vault-keys.ts';
import { utf8 } from '../../src/model/bytes.ts';
import { type Digest, keyOf } from '../../src/model/ids.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import type { ChunkStore, PutResult, SealedChunk } from '../../src/store/chunk-store.ts';
import { MemoryStore } from '../../src/store/memory-store.ts';
import { createDevice, type VaultDevice } from '../../src/vault/device.ts';
import { type SyncResult, syncLog } from '../../src/vault/sync-log.ts';
import { VaultState } from '../../src/vault/vault-state.ts';
import { MemoryExchange } from '../vault/memory-exchange.ts';
import { temporaryFolder } from './temporary-folder.ts';

export const KEYS: OwnerKeys = deriveVaultKeys(new Uint8Array(32).fill(7));

/** Counts what arrives; `beforePut` may delay or refuse. */
export class WatchedStore implements ChunkStore {
  readonly inner: MemoryStore = new MemoryStore('holder');
  /** Digests in order of arrival, repeated ones too. */
  readonly puts: Digest[] = [];
  bytes = 0;
  beforePut: (chunk: SealedChunk) => Promise<void> | void = () => undefined;

  async put(chunk: SealedChunk): Promise<PutResult> {
    await this.beforePut(chunk);
    this.puts.push(chunk.digest);
    this.bytes += chunk.bytes.length;
    return await this.inner.put(chunk);
  }
  get(digest: Digest): Promise<Uint8Array | undefined> {
    return this.inner.get(digest);
  }
  has(digests: readonly Digest[]): Promise<readonly boolean[]> {
    return this.inner.has(digests);
  }
  forgetCounts(): void {
    this.puts.length = 0;
    this.bytes = 0;
  }
}

/** Counts opened files; `onOpen` may change the source behind the walk's back. */
export function watchedSource(
  onOpen: (path: string) => void = () => undefined,
): FileSource & { opened: string[] } {
  const inner = nodeFileSource();
  const opened: string[] = [];
  return {
    ...inner,
    opened,
    open: (path) => {
      onOpen(path);
      opened.push(path);
      return inner.open(path);
    },
  };
}

export class Device {
  readonly device: VaultDevice;
  readonly mesh: Rehearsal;
  readonly statePath: string;
  state: VaultState;

  constructor(mesh: Rehearsal, name: string, number: number, statePath: string) {
    this.mesh = mesh;
    this.device = createDevice(KEYS, name, new Uint8Array(32).fill(number), 1_000);
    this.statePath = statePath;
    this.state = this.#open();
    onTestFinished(() => this.state.close());
  }

  /** As if the process had died: only what is in the file is left. */
  restart(): void {
    this.state.close();
    this.state = this.#open();
  }

  sync(): Promise<SyncResult> {
    const { exchange, store } = this.mesh;
    return syncLog({ state: this.state, keys: KEYS, exchange, reader: store, spread: true });
  }

  async backup(paths: readonly string[], more: Partial<BackupOptions> = {}): Promise<BackupResult> {
    await this.sync();
    return await runBackup({
      state: this.state,
      keys: KEYS,
      device: this.device,
      store: this.mesh.store,
      exchange: this.mesh.exchange,
      crew: inlineCrew,
      source: nodeFileSource(),
      clock: systemClock,
      paths,
      host: this.device.name,
      user: 'tester',
      program: 'test',
      ...more,
    });
  }

  #open(): VaultState {
    return VaultState.open(this.statePath, { vault: KEYS.vault, device: this.device.id });
  }
}

export class Rehearsal {
  readonly store: WatchedStore = new WatchedStore();
  readonly exchange: MemoryExchange = new MemoryExchange('h1', 'h2', 'h3');
  #devices = 0;

  device(name = 'laptop', statePath = ':memory:'): Device {
    this.#devices++;
    return new Device(this, name, this.#devices, statePath);
  }

  /** Restores what lies at `path` in the snapshot into a new folder and compares it with `path` on disk. */
  async differences(device: Device, id: string, path: string): Promise<readonly unknown[]> {
    const chunks = new OpenedChunks(this.store, KEYS);
    const record = device.state.snapshots().find((snapshot) => snapshot.id === id);
    const node = record && (await new TreeReader(chunks).find(record.snapshot.root, utf8(path)));
    if (node?.type !== 'directory') return [`no folder ${path} in ${id}`];
    const target = join(temporaryFolder(), 'restored');
    const result = await runRestore({
      root: node.pages,
      reader: this.store,
      keys: KEYS,
      target: new NodeFileTarget({ folder: target, keys: KEYS, unpackers: inlineUnpackers }),
      overwrite: 'fail',
      clock: systemClock,
    });
    return [...result.failed, ...(await compareTrees(path, target))];
  }

  has(digest: Digest): boolean {
    return this.store.puts.some((put) => keyOf(put) === keyOf(digest));
  }
}
