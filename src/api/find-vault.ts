/** Looks for names in all snapshots at once: each version of a file comes once, with the snapshots that have it. */
import { mergeTrees } from '../backup/merge-trees.ts';
import { OpenedChunks } from '../backup/opened-chunks.ts';
import { pathText } from '../backup/path-text.ts';
import { TreeReader } from '../backup/tree-reader.ts';
import { type PathTest, pathTest } from '../policy/find-pattern.ts';
import type { SnapshotRecord } from '../vault/log-books.ts';
import { chooseSnapshots } from './choose-snapshots.ts';
import type { FindOptions, FoundVersion, Search } from './history-types.ts';
import { nodeOf } from './list-vault.ts';
import { infoOf } from './snapshot-info.ts';
import type { ListedNode, PathProblem } from './vault-types.ts';
import type { VaultWork } from './vault-work.ts';

/** Trees that are walked at the same time: each that differs has a page in memory (T4). What more there are comes after them. */
const AT_ONCE = 128;

/** Throws 'usage', 'not-found', 'ambiguous'. */
export function findInVault(work: VaultWork, options: FindOptions): Search {
  const tests = options.patterns.map((pattern) => pathTest(pattern, options.ignoreCase));
  const records = chooseSnapshots(work.state.snapshots(), options.snapshots, options);
  const problems: PathProblem[] = [];
  return {
    snapshots: records.map(infoOf),
    versions: versions(work, records, (node) => isWanted(node, tests, options), problems),
    problems,
  };
}

async function* versions(
  work: VaultWork,
  records: readonly SnapshotRecord[],
  wanted: (node: ListedNode) => boolean,
  problems: PathProblem[],
): AsyncGenerator<FoundVersion> {
  const reader = new TreeReader(new OpenedChunks(work.session.readingStore(), work.home.keys));
  for (let from = 0; from < records.length; from += AT_ONCE) {
    const some = records.slice(from, from + AT_ONCE);
    const infos = some.map(infoOf);
    const roots = some.map(({ snapshot }) => snapshot.root);
    for await (const entry of mergeTrees({ roots, reader, wait: work.wait })) {
      if ('error' in entry) {
        const { code, message } = entry.error;
        problems.push({ path: `/${pathText(entry.path)}`, code, message });
        continue;
      }
      for (const { node, trees } of entry.versions) {
        const listed = nodeOf({ path: entry.path, node });
        if (!wanted(listed)) continue;
        yield { node: listed, snapshots: trees.flatMap((number) => infos[number] ?? []) };
      }
    }
  }
}

function isWanted(
  node: ListedNode,
  tests: readonly PathTest[],
  { oldestMs, newestMs }: FindOptions,
): boolean {
  const changedMs = node.mtimeSeconds * 1000 + node.mtimeNanoseconds / 1e6;
  if (oldestMs !== undefined && changedMs < oldestMs) return false;
  if (newestMs !== undefined && changedMs > newestMs) return false;
  return tests.some((test) => test(node.path));
}
