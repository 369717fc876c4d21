/** What the benchmark can ask of a backup program, ours and rivals alike. */
import type { Sample } from '../sample.ts';

export interface Restored {
  readonly sample: Sample;
  /** Where the restored source lies, to be compared with it. */
  readonly place: string;
}

/** One repository, empty at first. Every method but the last two runs measured commands. */
export interface Repository {
  backup(source: string): Promise<Sample>;
  /** The newest backup, whole, into a folder that does not exist yet. */
  restore(source: string, target: string): Promise<Restored>;
  /** One file of the newest backup. */
  restoreFile(file: string, target: string): Promise<Restored>;
  /** Reads everything back and verifies it. */
  check(): Promise<Sample>;
  /** Leaves the newest backup only. */
  forget(): Promise<Sample>;
  /** What is stored now; for a mesh, on all peers together. */
  storedBytes(): number;
  close(): Promise<void>;
}

export interface Tool {
  /** With version and settings, as it stands in tables. */
  readonly name: string;
  readonly rival: boolean;
  /** `folder` is empty, and the tool's own. Not measured. */
  open(folder: string): Promise<Repository>;
}
