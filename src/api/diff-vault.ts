/** Tells in what two snapshots differ, while it reads them page by page. */
import { diffTrees, type TreeChange } from '../backup/diff-trees.ts';
import type { TreeRoot } from '../backup/merge-trees.ts';
import { OpenedChunks } from '../backup/opened-chunks.ts';
import { pathText } from '../backup/path-text.ts';
import { TreeReader } from '../backup/tree-reader.ts';
import { isSpecial, type TreeNode } from '../format/tree-page.ts';
import { chooseSnapshot } from './choose-snapshots.ts';
import type { Diff, DiffChange, DiffOptions, DiffSummary } from './history-types.ts';
import { infoOf } from './snapshot-info.ts';
import { joined, namesOf, noSuchPath, rootAt } from './tree-root.ts';
import type { PathProblem } from './vault-types.ts';
import type { VaultWork } from './vault-work.ts';

/** Throws 'not-found' (also when neither has the path), 'ambiguous', and what reading the way to the path throws. */
export async function diffVault(work: VaultWork, options: DiffOptions): Promise<Diff> {
  const records = work.state.snapshots();
  const from = chooseSnapshot(records, options.from, options);
  const to = chooseSnapshot(records, options.to, options);
  const reader = new TreeReader(new OpenedChunks(work.session.readingStore(), work.home.keys));
  const names = namesOf(options.path);
  const before = await rootAt(from, names, reader, work.wait);
  const after = await rootAt(to, names, reader, work.wait);
  if (!before && !after) throw noSuchPath(names, 'neither snapshot has');
  const tally = new DiffTally();
  const problems: PathProblem[] = [];
  const changes = diffTrees({
    before: before ?? NOTHING,
    after: after ?? NOTHING,
    path: joined(names.slice(0, -1)),
    metadata: options.metadata ?? false,
    reader,
    wait: work.wait,
  });
  return {
    from: infoOf(from),
    to: infoOf(to),
    changes: told(changes, tally, problems),
    summary: () => tally.summary(),
    problems,
  };
}

const NOTHING: TreeRoot = { nodes: [] };

async function* told(
  changes: ReturnType<typeof diffTrees>,
  tally: DiffTally,
  problems: PathProblem[],
): AsyncGenerator<DiffChange> {
  for await (const change of changes) {
    const path = `/${pathText(change.path)}`;
    if ('error' in change) {
      problems.push({ path, code: change.error.code, message: change.error.message });
      continue;
    }
    tally.count(change);
    const type = (change.after ?? change.before)?.type ?? 'file';
    yield { path, mark: change.mark, type };
  }
}

interface Counts {
  files: number;
  directories: number;
  links: number;
  specials: number;
  bytes: number;
}

const NONE: Counts = { files: 0, directories: 0, links: 0, specials: 0, bytes: 0 };

class DiffTally {
  readonly #added: Counts = { ...NONE };
  readonly #removed: Counts = { ...NONE };
  #changedFiles = 0;
  #changedFrom = 0;
  #changedTo = 0;

  count({ mark, before, after }: TreeChange): void {
    if (mark === '+' || mark === 'T') note(this.#added, after);
    if (mark === '-' || mark === 'T') note(this.#removed, before);
    if (mark !== 'M' || before?.type !== 'file' || after?.type !== 'file') return;
    this.#changedFiles++;
    this.#changedFrom += before.size;
    this.#changedTo += after.size;
  }

  summary(): DiffSummary {
    return {
      added: { ...this.#added },
      removed: { ...this.#removed },
      changedFiles: this.#changedFiles,
      changedBytesFrom: this.#changedFrom,
      changedBytesTo: this.#changedTo,
    };
  }
}

function note(counts: Counts, node: TreeNode | undefined): void {
  if (node?.type === 'directory') counts.directories++;
  else if (node?.type === 'symlink') counts.links++;
  else if (node && isSpecial(node)) counts.specials++;
  else if (node) {
    counts.files++;
    counts.bytes += node.size;
  }
}
