/** Notices that something below some paths has changed, and says no more than that: what it was, the next walk finds. */

export interface FolderWatch {
  /** Resolves when changes from now on are noticed. */
  readonly ready: Promise<void>;
  /** Nothing is called back after it. */
  close(): void;
}

export interface FolderWatchOptions {
  /** Absolute. What is not there is waited for no longer than until the watch is made anew. */
  readonly paths: readonly string[];
  /** Left alone with all that is below it. */
  readonly skips: (path: string, isFolder: boolean) => boolean;
  readonly onChange: () => void;
  /** The watch is no longer whole (the system's limit, a folder that cannot be read): changes may be missed. Called at most once. */
  readonly onTrouble: (why: string) => void;
}

export type WatchFolders = (options: FolderWatchOptions) => FolderWatch;
