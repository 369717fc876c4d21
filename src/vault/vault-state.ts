/** The client's local books of one vault: a cache of the logs and indexes, and the memory of what was sent but not committed (L2). */
import type { DeviceId, VaultId } from '../model/ids.ts';
import { ChunkBooks } from './chunk-books.ts';
import { LogBooks, type SnapshotRecord } from './log-books.ts';
import { StateDatabase } from './state-database.ts';

export interface VaultStateOptions {
  readonly vault: VaultId;
  /** The device of this machine: its adds are "mine". */
  readonly device: DeviceId;
  /** What this device seals, when that is not for all devices of the vault to read. */
  readonly scope?: Uint8Array;
}

/**
 * Losing the file costs time, never data: everything in it is read again from the holders. All methods are synchronous and durable
 * against a killed process when they return.
 */
export class VaultState {
  readonly vault: VaultId;
  readonly device: DeviceId;
  readonly chunks: ChunkBooks;
  readonly logs: LogBooks;
  readonly #db: StateDatabase;

  private constructor(db: StateDatabase, { vault, device, scope }: VaultStateOptions) {
    this.#db = db;
    this.vault = vault;
    this.device = device;
    this.chunks = new ChunkBooks(db);
    this.logs = new LogBooks(db, this.chunks, { device, scope });
  }

  /** `path` may be ":memory:". Throws 'locked' while another process has it, 'corrupt', 'unsupported-version', 'io'. */
  static open(path: string, options: VaultStateOptions): VaultState {
    return new VaultState(StateDatabase.open(path, options.vault), options);
  }

  /** Snapshots that are announced and not forgotten, oldest first. */
  snapshots(): SnapshotRecord[] {
    return this.logs.snapshots();
  }

  /** It was made by this device. */
  isOwn({ device }: Pick<SnapshotRecord, 'device'>): boolean {
    return this.logs.device(this.device)?.no === device;
  }

  /** Snapshots that some device forgot, oldest first. */
  forgotten(): SnapshotRecord[] {
    return this.logs.forgotten();
  }

  /** After it returns, everything before it survives a power cut too. */
  sync(): void {
    this.#db.sync();
  }

  close(): void {
    this.#db.close();
  }
}
