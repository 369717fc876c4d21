/** The words of the library's commands over the history of a vault: which snapshots are meant, what is looked for, what is told. */

/** Limits which snapshots are looked at; for one that is named by its id it says nothing. */
export interface SnapshotFilter {
  /** Any of them. */
  readonly hosts?: readonly string[];
  /** Any of the lists, all tags of it; '' is what snapshots without tags have. */
  readonly tags?: readonly (readonly string[])[];
  /** All of them, absolute. */
  readonly paths?: readonly string[];
}
