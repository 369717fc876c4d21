/** How much snapshots hold, how much of it they share, and how much it takes on the holders. */
import { ContentSums } from '../backup/content-sums.ts';
import { OpenedChunks } from '../backup/opened-chunks.ts';
import type { SnapshotRecord } from '../vault/log-books.ts';
import { chooseSnapshots } from './choose-snapshots.ts';
import type { StatsGrouping, StatsOptions, StatsReport, StatsSums } from './history-types.ts';
import { infoOf } from './snapshot-info.ts';
import type { PathProblem } from './vault-types.ts';
import type { VaultWork } from './vault-work.ts';

/** Throws 'not-found', 'ambiguous'. */
export async function statsOfVault(work: VaultWork, options: StatsOptions): Promise<StatsReport> {
  const records = chooseSnapshots(work.state.snapshots(), options.snapshots, options);
  const chunks = new OpenedChunks(work.session.readingStore(), work.home.keys);
  const problems = new Map<string, PathProblem>();
  const newWalk = (): Walk => new Walk(work, chunks, options.restoreSizeOnly === true, problems);
  const walk = newWalk();
  const bySnapshot: StatsReport['bySnapshot'][number][] = [];
  for (const record of records) {
    const before = walk.sums();
    await walk.add(record);
    bySnapshot.push({ snapshot: infoOf(record), added: difference(walk.sums(), before) });
  }
  const byGroup: StatsReport['byGroup'][number][] = [];
  for (const [name, members] of options.groupBy ? grouped(records, options.groupBy) : []) {
    const own = newWalk();
    for (const record of members) await own.add(record);
    byGroup.push({ name, sums: own.sums() });
  }
  return { total: walk.sums(), bySnapshot, byGroup, problems: [...problems.values()] };
}

class Walk {
  readonly #work: VaultWork;
  readonly #content: ContentSums;
  readonly #sizesOnly: boolean;
  readonly #problems: Map<string, PathProblem>;
  #snapshots = 0;
  #files = 0;
  #restoreBytes = 0;
  #sealedBytes = 0;
  #counted = 0;

  constructor(work: VaultWork, chunks: OpenedChunks, sizesOnly: boolean, problems: Map<string, PathProblem>) {
    this.#work = work;
    this.#content = new ContentSums(chunks);
    this.#sizesOnly = sizesOnly;
    this.#problems = problems;
  }

  async add({ snapshot }: SnapshotRecord): Promise<void> {
    this.#snapshots++;
    this.#files += snapshot.stats.files;
    this.#restoreBytes += snapshot.stats.bytes;
    if (this.#sizesOnly) return;
    const onFault = (
      path: string,
      { code, message }: PathProblem | (Error & Pick<PathProblem, 'code'>),
    ): void => void this.#problems.set(`${path} ${message}`, { path, code, message });
    await this.#content.add(snapshot.root, onFault, this.#work.wait);
    const { chunks } = this.#content;
    for (; this.#counted < chunks.size; this.#counted++) {
      this.#sealedBytes += this.#work.state.chunks.sizeOf(chunks.at(this.#counted));
    }
  }

  sums(): StatsSums {
    const { files, fileBytes, plainBytes, chunks } = this.#content;
    return {
      snapshots: this.#snapshots,
      files: this.#files,
      restoreBytes: this.#restoreBytes,
      differentFiles: files,
      differentFileBytes: fileBytes,
      plainBytes,
      chunks: chunks.size,
      sealedBytes: this.#sealedBytes,
    };
  }
}

function difference(after: StatsSums, before: StatsSums): StatsSums {
  return {
    snapshots: after.snapshots - before.snapshots,
    files: after.files - before.files,
    restoreBytes: after.restoreBytes - before.restoreBytes,
    differentFiles: after.differentFiles - before.differentFiles,
    differentFileBytes: after.differentFileBytes - before.differentFileBytes,
    plainBytes: after.plainBytes - before.plainBytes,
    chunks: after.chunks - before.chunks,
    sealedBytes: after.sealedBytes - before.sealedBytes,
  };
}

/** A snapshot of several tags is in the group of each. */
function grouped(records: readonly SnapshotRecord[], by: StatsGrouping): Map<string, SnapshotRecord[]> {
  const groups = new Map<string, SnapshotRecord[]>();
  for (const record of records) {
    const { host, tags } = record.snapshot;
    const names = by === 'host' ? [host] : tags.length === 0 ? [''] : [...new Set(tags)];
    for (const name of names) groups.set(name, [...(groups.get(name) ?? []), record]);
  }
  return groups;
}
