/** The counters of a walk in the form in which results give them. */
import type { BlobRef } from '../format/blob-ref.ts';
import type { DryRunResult } from './backup-options.ts';
import type { SourceWalk } from './source-walk.ts';
import type { UploadStats } from './upload.ts';

/** What was sent, or would be. */
export interface Sent {
  /** Pages of the tree. */
  readonly root: readonly BlobRef[];
  readonly stats: Pick<UploadStats, 'chunks' | 'plainBytes' | 'sealedBytes'>;
  readonly durationMs: number;
}

export function summaryOf(walk: SourceWalk, { root, stats, durationMs }: Sent): DryRunResult {
  const { tally } = walk;
  return {
    parentId: walk.parent?.id,
    filesNew: tally.filesNew,
    filesChanged: tally.filesChanged,
    filesUnmodified: tally.filesUnmodified,
    directories: tally.directories,
    links: tally.links,
    specials: tally.specials,
    totalFiles: tally.files,
    totalBytes: tally.bytes,
    dataAdded: stats.plainBytes,
    dataAddedPacked: stats.sealedBytes,
    chunksSent: stats.chunks,
    unchanged: walk.isSameTree(root),
    unreadable: tally.unreadable,
    unreadableCount: tally.unreadableCount,
    vanished: tally.vanished,
    specialSkipped: tally.specialSkipped,
    excluded: tally.excluded,
    changedWhileRead: tally.changedWhileRead,
    durationMs,
    problems: walk.problems,
  };
}
