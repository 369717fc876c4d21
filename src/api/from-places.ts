/** Where exports lie, as people write it. */
type ExportEnvironment = Readonly<Record<string, string | undefined>>;

/** Folders, and buckets as "s3:https://host/bucket/prefix". */
export interface FromPlaces {
  readonly places: readonly string[];
  /** Where the key of a bucket comes from; the process's own unless given. */
  readonly env?: ExportEnvironment;
}
