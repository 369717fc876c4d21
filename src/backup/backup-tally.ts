/** What a backup run counts while it walks. */
import type { ErrorCode } from '../model/errors.ts';

export interface UnreadableEntry {
  /** For people: bytes that are not UTF-8 are replaced. */
  readonly path: string;
  readonly code: ErrorCode;
  readonly message: string;
}

/** The list of unreadable entries stops here; the count goes on. */
const MAX_LISTED = 1000;

export class BackupTally {
  filesNew = 0;
  filesChanged = 0;
  filesUnmodified = 0;
  directories = 0;
  links = 0;
  /** Sizes of the files that are in the snapshot. */
  bytes = 0;
  /** Bytes read from the source or recognised by stat data, for progress; includes files that failed later. */
  bytesDone = 0;
  /** Pipes and devices. */
  specials = 0;
  /** Sockets. */
  specialSkipped = 0;
  excluded = 0;
  /** Gone between listing and reading. */
  vanished = 0;
  /** Files whose size or times changed while they were read; the next run reads them again. */
  changedWhileRead = 0;
  unreadableCount = 0;
  readonly unreadable: UnreadableEntry[] = [];

  get files(): number {
    return this.filesNew + this.filesChanged + this.filesUnmodified;
  }

  /** A file that is taken over from the earlier snapshot. */
  unmodified(bytes: number): void {
    this.filesUnmodified++;
    this.bytes += bytes;
    this.bytesDone += bytes;
  }

  addUnreadable(entry: UnreadableEntry): void {
    this.unreadableCount++;
    if (this.unreadable.length < MAX_LISTED) this.unreadable.push(entry);
  }
}
