/** The words of `vault bench`: rates of this machine and of the way to each peer. All rates are bytes a second. */
import type { PeerName } from '../model/ids.ts';
import type { CommonOptions } from './vault-types.ts';

export type { Bottleneck, FirstBackup } from '../policy/first-backup.ts';

export type BenchStage = 'disk' | 'one-thread' | 'all-threads' | 'mesh';

export interface BenchProgress {
  readonly stage: BenchStage;
  /** The peer, while the stage is 'mesh'. */
  readonly peer?: string;
}

export interface BenchOptions extends CommonOptions {
  /** How long each rate is measured; default 1500, for a peer less when there are many. */
  readonly measureMs?: number;
  readonly onProgress?: (progress: BenchProgress) => void;
}

export interface MachineBenchOptions extends BenchOptions {
  /** Where a temporary file is written; it has no name while it is used. */
  readonly folder: string;
}

export interface DiskBench {
  readonly folder: string;
  readonly freeBytes: number;
  /** What was written and read. */
  readonly sampleBytes: number;
  /** fsync included. */
  readonly writeRate?: number;
  readonly readRate?: number;
  /** Where the system cannot be asked to forget what it has just written, it came out of memory. */
  readonly readFromMemory: boolean;
  /** Why the rates are missing. */
  readonly trouble?: string;
}

/** Read, cut, recognised, compressed and sealed as a backup does. */
export interface SealBench {
  /** Does not compress, like photos; or does, like text. */
  readonly content: 'incompressible' | 'text';
  readonly oneThreadRate: number;
  readonly allThreadsRate: number;
  /** Plain bytes for each sealed one. */
  readonly ratio: number;
}

export interface MachineBench {
  readonly threads: number;
  /** Of one processor, what one thread that never rests has got; less than 1 when others are at work. */
  readonly processorShare: number;
  readonly disk: DiskBench;
  readonly seal: readonly SealBench[];
}

export interface PeerBench {
  readonly peer: PeerName;
  readonly name: string;
  readonly zone: string;
  readonly holder: boolean;
  /** Median of some round trips on an open connection. */
  readonly latencyMs?: number;
  readonly sendRate?: number;
  readonly receiveRate?: number;
  /** Sealed bytes that went each way. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** Why a rate is missing. */
  readonly trouble?: string;
}

export interface MeshBench {
  readonly copiesTarget: number;
  /** Every peer is on this machine: the figures of a real mesh are others. */
  readonly trialMesh: boolean;
  readonly joinMs: number;
  readonly peers: readonly PeerBench[];
  /** Names of those that cannot be used now, with the reason. */
  readonly leftOut: readonly { readonly name: string; readonly reason: string }[];
}
