/** The words of schedules: what a person asks for, what a run was, and what a list tells. */
import type { ScheduleTiming } from '../../policy/schedule-times.ts';

export type { ScheduleTiming } from '../../policy/schedule-times.ts';

/** Where the passphrase of an unattended run comes from: always a file, never the words themselves. */
export type UnlockFrom =
  | { readonly kind: 'own-key'; readonly keyId: string }
  | { readonly kind: 'file'; readonly file: string }
  /** A name in the folder that systemd hands to the service ($CREDENTIALS_DIRECTORY). */
  | { readonly kind: 'credential'; readonly name: string };

export interface ScheduleWish {
  /** Letters, digits, ".", "_" and "-"; at most 64. */
  readonly name: string;
  /** Folder of the vault. */
  readonly home: string;
  /** Absolute. */
  readonly paths: readonly string[];
  readonly excludes: readonly string[];
  readonly excludeFiles: readonly string[];
  readonly tags: readonly string[];
  readonly timing: ScheduleTiming;
  /** Options of `vault forget` ("--keep-daily=7"); none: nothing is forgotten. */
  readonly keep: readonly string[];
  /** Shell commands. */
  readonly before?: string;
  readonly after?: string;
  readonly onAlarm?: string;
  readonly expectMs?: number;
  /** As `--limit-upload` takes it, with times of day. */
  readonly limitUpload?: string;
  readonly notOnBattery: boolean;
}

/** As it lies on the disk. */
export interface Schedule extends ScheduleWish {
  readonly addedMs: number;
  readonly unlock: UnlockFrom;
}

export type RunReason = 'due' | 'missed' | 'changed' | 'retry' | 'by-hand';

/**
 * done: a backup came (exit code 0, 3 or 21). failed: none came. not-begun: `before` or the secret said no. stopped: by a signal. died: the
 * peer ended without having written the end down. running: under way.
 */
export type RunOutcome = 'done' | 'failed' | 'not-begun' | 'stopped' | 'died' | 'running';

/** What a backup has told of itself. */
export interface RunSummary {
  readonly filesNew: number;
  readonly filesChanged: number;
  /** Plain bytes. */
  readonly dataAdded: number;
  readonly filesUnreadable: number;
  readonly copiesMin: number;
  readonly copiesTarget: number;
}

export interface RunEnd {
  readonly outcome: Exclude<RunOutcome, 'running'>;
  /** Of `vault backup`, else of what went wrong instead. */
  readonly exitCode?: number;
  readonly snapshotId?: string;
  readonly summary?: RunSummary;
  /** Snapshots dropped by the policy; absent when it was not applied. */
  readonly forgotten?: number;
  /** The last errors, in words. */
  readonly problems: readonly string[];
}

export interface RunRecord extends Omit<RunEnd, 'outcome'> {
  readonly outcome: RunOutcome;
  readonly reason: RunReason;
  readonly startMs: number;
  readonly endMs?: number;
}

export interface AlarmRecord {
  readonly timeMs: number;
  /** How late the backup was. */
  readonly lateMs: number;
}

export interface ScheduleInfo {
  readonly schedule: Schedule;
  readonly runs: readonly RunRecord[];
  readonly alarms: readonly AlarmRecord[];
  readonly lastSuccessMs?: number;
  /** Absent when only changes are waited for. */
  readonly nextMs?: number;
  /** How late an expected backup is; 0 when it is not, or none is expected. */
  readonly lateMs: number;
}

export interface SchedulesReport {
  readonly schedules: readonly ScheduleInfo[];
  /** Infinity: until somebody resumes. */
  readonly pausedUntilMs?: number;
  /** Whether the peer runs that would run them. */
  readonly peerRuns: boolean;
  /** Files that hold no schedule, with the reason. */
  readonly damaged: readonly string[];
}
