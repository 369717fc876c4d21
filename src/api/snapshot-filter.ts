/** By which host, tags and paths a caller limits the snapshots that are meant. */

/** Limits which snapshots are looked at; for one that is named by its id it says nothing. */
export interface SnapshotFilter {
  /** Any of them. */
  readonly hosts?: readonly string[];
  /** Any of the lists, all tags of it; '' is what snapshots without tags have. */
  readonly tags?: readonly (readonly string[])[];
  /** All of them, absolute. */
  readonly paths?: readonly string[];
}
