/** What members of a vault ask of each other besides chunks and logs: who the members are, what each keeps, and proofs (R2-R4). */
import type { MemberList } from '../format/member-list.ts';
import type { Digest, PeerName, VaultId } from '../model/ids.ts';

/** What the asker knows, as hashes of 32 bytes: equal ones need not travel. */
export interface CompareAsk {
  /** `membersHash` of its member list. */
  readonly members: Uint8Array;
  /** `logsHash` of its logs. */
  readonly logs: Uint8Array;
  /** `holdings` of the last answer it has from this peer; zeros when it has none. */
  readonly seen: Uint8Array;
}

/** A member that has not been heard for longer than a short break. */
export interface SilentMember {
  readonly peer: PeerName;
  readonly silentMs: number;
  /** Over the time after which its copies are made anew (R1). */
  readonly lost: boolean;
}

/** One peer's word about a vault; a hint for everything that adds copies, never a reason to delete (R3). */
export interface CompareAnswer {
  /** Whether it keeps anything of this vault. */
  readonly known: boolean;
  readonly members: Uint8Array;
  readonly logs: Uint8Array;
  /** sha2-256 of its table of digests. */
  readonly holdings: Uint8Array;
  /** 256 bits, 32 bytes: group g is bit g % 8, counted from the least significant, of byte g / 8. */
  readonly declines: Uint8Array;
  /** Whether it takes chunks. */
  readonly accepting: boolean;
  /** Chunks that it should keep and does not have yet. */
  readonly missing: number;
  /** How long some have been missing without a break; 0 when none is. */
  readonly missingMs: number;
  /** Of them, chunks that nobody who answered had when it last tried; absent for none. */
  readonly unavailable?: number;
  /** Too many members fell silent together: it waits with repair (R2). Absent for no. */
  readonly braked?: boolean;
  /** Members that failed its audits; at most MAX_ACCUSED. */
  readonly accuses: readonly PeerName[];
  /** Members it has not heard for a while; at most MAX_SILENT. */
  readonly silent: readonly SilentMember[];
  /** 256 times 8 bytes: XOR of bytes 1 to 8 of the digests of all live chunks it keeps of a group. Absent when `holdings` is `seen`. */
  readonly table: Uint8Array | undefined;
}

export interface ProveAsk {
  /** 32 bytes, fresh. */
  readonly nonce: Uint8Array;
  /** For a pledge all digests are of this group. */
  readonly group: number;
  /** Asks also for the promise to keep this group for one lease (R3). */
  readonly pledge: boolean;
  /** At most MAX_PROVE_DIGESTS. */
  readonly digests: readonly Digest[];
}

export interface ProveAnswer {
  readonly pledged: boolean;
  /** For each digest in order its `possessionProof`, or `undefined` when the chunk is not here. */
  readonly proofs: readonly (Uint8Array | undefined)[];
}

/** Bytes of `CompareAnswer.table`. */
export const DIGEST_TABLE_BYTES = 2048;
export const MAX_ACCUSED = 64;
export const MAX_SILENT = 64;
export const MAX_PROVE_DIGESTS = 64;

/** The part of a peer that keeps copies alive. What it throws is answered as an error. */
export interface HolderDuties {
  /** A request of any method came from `peer`. Called very often. */
  heard(peer: PeerName): void;
  compare(vault: VaultId, ask: CompareAsk, from: PeerName): CompareAnswer;
  /** Use `proveChunks` for the proofs. `signal` aborts when the asker is gone. */
  prove(vault: VaultId, ask: ProveAsk, from: PeerName, signal: AbortSignal): Promise<ProveAnswer>;
  /** The list comes from anybody and is not verified; true when this peer is in it and keeps the vault from now on. */
  invited(vault: VaultId, list: MemberList, from: PeerName): Promise<boolean>;
  members(vault: VaultId): MemberList;
}
