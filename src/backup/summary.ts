/** The counters of a walk in the form in which results give them. */
import type { DryRunResult } from './backup-options.ts';
import type { SourceWalk } from './source-walk.ts';

/** `dataAdded` in plain bytes. */
export function summaryOf(walk: SourceWalk, dataAdded: number, durationMs: number): DryRunResult {
  const { tally } = walk;
  return {
    parentId: walk.parent?.id,
    filesNew: tally.filesNew,
    filesChanged: tally.filesChanged,
    filesUnmodified: tally.filesUnmodified,
    directories: tally.directories,
    links: tally.links,
    totalFiles: tally.files,
    totalBytes: tally.bytes,
    dataAdded,
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
