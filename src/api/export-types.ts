/** The words of exports: what a caller asks, and what it is told. */
import type { ErrorCode } from '../model/errors.ts';
import type { FromPlaces } from './from-places.ts';
import type { RepairOptions } from './upkeep-types.ts';
import type { CommonOptions, PathProblem } from './vault-types.ts';

export interface ExportOptions extends CommonOptions {
  readonly to: FromPlaces;
  /** Of every chunk, each in another folder; 1 unless said. */
  readonly copies?: number;
  /** Reads everything that is there already, and replaces what is damaged. */
  readonly verify?: boolean;
  /** Removes chunks that the vault no longer keeps. */
  readonly prune?: boolean;
  /** Says what would be written, and writes nothing. */
  readonly dryRun?: boolean;
  /** Leaves the sealed keys out: only the 24 words open the export. */
  readonly withoutKeys?: boolean;
  readonly onProgress?: (progress: ExportProgress) => void;
}

export interface ExportProgress {
  readonly elapsedMs: number;
  readonly stage: 'verify' | 'write';
  /** Chunks read, or copies written. */
  readonly done: number;
  readonly total: number;
  readonly bytesDone: number;
}

export interface ExportedPlace {
  readonly name: string;
  /** Of the vault's chunks, how many are there now. */
  readonly chunks: number;
  /** Written by this run; in a dry run, what would be. */
  readonly chunksWritten: number;
  readonly bytesWritten: number;
  readonly chunksRemoved: number;
  /** Infinity for a bucket. */
  readonly freeBytes: number;
  readonly state: 'ok' | 'full' | 'failed';
}

export interface ExportReport {
  readonly vaultId: string;
  readonly dryRun: boolean;
  readonly places: readonly ExportedPlace[];
  readonly snapshots: number;
  readonly chunks: number;
  readonly bytes: number;
  readonly copiesTarget: number;
  /** Fewest copies of any chunk, over all folders of this run. */
  readonly copiesMin: number;
  readonly chunksShort: number;
  /** Without any copy. */
  readonly chunksMissing: number;
  /** Files found damaged, and replaced. */
  readonly damaged: number;
  readonly problems: readonly PathProblem[];
  readonly durationMs: number;
}

/** What opens an export: a passphrase of a machine that wrote it, or the 24 words. */
export type ExportSecret = { readonly passphrase: string } | { readonly words: string };

export interface OpenExportOptions extends CommonOptions {
  readonly from: FromPlaces;
  readonly secret: ExportSecret;
  readonly onWarning?: (message: string) => void;
}

export interface ImportOptions extends RepairOptions {
  readonly from: FromPlaces;
}

export interface ImportProgress {
  readonly elapsedMs: number;
  readonly done: number;
  readonly total: number;
  readonly bytesDone: number;
}

export interface ImportPeerOptions extends CommonOptions {
  /** Of the peer, which must not run. */
  readonly folder: string;
  readonly from: FromPlaces;
  readonly onProgress?: (progress: ImportProgress) => void;
  readonly onWarning?: (message: string) => void;
}

export interface ImportedVault {
  readonly vaultId: string;
  readonly chunksAdded: number;
  readonly bytesAdded: number;
  /** Were there already. */
  readonly chunksKnown: number;
  /** In the export, and no log names them. */
  readonly chunksUnwanted: number;
  readonly chunksDamaged: number;
  readonly logEntries: number;
}

export interface ImportPeerReport {
  readonly vaults: readonly ImportedVault[];
  /** Why it ended early. */
  readonly stopped?: { readonly code: ErrorCode; readonly message: string };
  readonly durationMs: number;
}
