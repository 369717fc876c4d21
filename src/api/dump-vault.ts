/** One file of a snapshot as its bytes, or a folder as an archive, read while somebody takes them. */
import { dumpArchive } from '../backup/dump-archive.ts';
import { fileBytes } from '../backup/file-bytes.ts';
import { OpenedChunks } from '../backup/opened-chunks.ts';
import { TreeReader } from '../backup/tree-reader.ts';
import { isSpecial } from '../format/tree-page.ts';
import { VaultError } from '../model/errors.ts';
import { chooseSnapshot } from './choose-snapshots.ts';
import type { Dump, DumpOptions } from './history-types.ts';
import { infoOf } from './snapshot-info.ts';
import { namesOf, noSuchPath, rootAt } from './tree-root.ts';
import type { PathProblem } from './vault-types.ts';
import type { VaultWork } from './vault-work.ts';

/** Throws 'not-found', 'ambiguous', 'usage' (a link), and what reading the way to the path throws. */
export async function dumpVault(work: VaultWork, options: DumpOptions): Promise<Dump> {
  const { wait } = work;
  const record = chooseSnapshot(work.state.snapshots(), options.snapshot, options);
  const chunks = new OpenedChunks(work.session.readingStore(), work.home.keys);
  const names = namesOf(options.path);
  const root = await rootAt(record, names, new TreeReader(chunks), wait);
  if (!root) throw noSuchPath(names);
  const node = 'nodes' in root ? root.nodes[0] : undefined;
  const problems: PathProblem[] = [];
  const dump = { snapshot: infoOf(record), problems };
  if (node?.type === 'file') return { ...dump, kind: 'file', bytes: fileBytes(node, chunks, wait) };
  if (node?.type === 'symlink') {
    throw new VaultError('usage', `${options.path} is a link, which has no bytes`, {
      hint: 'Name the file that it points to; "vault ls -l" shows which.',
    });
  }
  if (node && isSpecial(node))
    throw new VaultError('usage', `${options.path} is a pipe or a device, which has no bytes`);
  const kind = options.archive ?? 'tar';
  const bytes = dumpArchive(await archiveOf(kind), {
    pages: node?.type === 'directory' ? node.pages : record.snapshot.root,
    chunks,
    onProblem: (path, { code, message }) => problems.push({ path, code, message }),
    wait,
  });
  return { ...dump, kind, bytes };
}

/** Loads only the library that is needed. */
async function archiveOf(format: 'tar' | 'zip') {
  if (format === 'tar') return (await import('../backup/tar-archive.ts')).tarArchive();
  return (await import('../backup/zip-archive.ts')).zipArchive();
}
