/** The words of `vault doctor`. */
import type { Finding, PeerWord } from '../policy/diagnose.ts';
import type { CommonOptions } from './vault-types.ts';

export type { Finding, FindingLevel, PeerWord } from '../policy/diagnose.ts';

export interface DoctorOptions extends CommonOptions {
  /** Of the peer that this machine may have. */
  readonly peerFolder?: string;
}

export interface DoctorReport {
  readonly findings: readonly Finding[];
  /** Who of the mesh is known, and what it answered. */
  readonly peers: readonly PeerWord[];
}
