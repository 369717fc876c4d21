/** A zip archive with modes, links and, where it has to be, zip64; owners, hard links, pipes and devices are not in such archives. */
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import type { FileNode, SpecialNode, TreeNode } from '../format/tree-page.ts';
import { type Archive, type ArchiveWriter, ReadGate } from './archive.ts';

const TYPE_BITS = { file: 0o100000, directory: 0o040000, symlink: 0o120000 } as const;
/** In January 2038; the library throws for times before 1970, and writes none after this. */
const LATEST_SECONDS = 0x7fff_ffff;
/** Less than the headers of any entry: what is never read must not be counted as made. */
const ENTRY_BYTES = 32;

export function zipArchive(): Archive {
  const zip = new ZipFile();
  const output = zip.outputStream as Readable;
  zip.on('error', (error: Error) => output.destroy(error));
  const gate = new ReadGate();
  const put = async (name: string, node: FileNode, content: AsyncIterable<Uint8Array>): Promise<void> => {
    const stream = Readable.from(counted(content, gate), { objectMode: false });
    const ended = once(stream, 'close');
    zip.addReadStream(stream, zipName(name), optionsOf(node));
    await ended;
  };
  const writer: ArchiveWriter = {
    directory: async (name, node) => {
      zip.addEmptyDirectory(zipName(name), optionsOf(node));
      await gate.made(ENTRY_BYTES);
    },
    link: async (name, node) => {
      zip.addBuffer(Buffer.from(node.target), zipName(name), { ...optionsOf(node), compress: false });
      await gate.made(ENTRY_BYTES);
    },
    special: () => Promise.resolve(false),
    hardLink: () => Promise.resolve(false),
    file: put,
    end: () => zip.end(),
  };
  return { writer, bytes: gate.read(output), fail: (error) => output.destroy(error) };
}

/** The library reads content only as fast as its own output is read: nothing else is to be counted. */
async function* counted(content: AsyncIterable<Uint8Array>, gate: ReadGate): AsyncGenerator<Uint8Array> {
  await gate.made(ENTRY_BYTES);
  for await (const bytes of content) yield Buffer.from(bytes);
}

/** Other programs read a backslash as a slash, and a letter and a colon in front as a drive. */
function zipName(name: string): string {
  return name.replaceAll('\\', '%5C').replace(/^([A-Za-z]):/, '$1%3A');
}

function optionsOf({ type, mode, mtime }: Exclude<TreeNode, SpecialNode>): {
  readonly mode: number;
  readonly mtime: Date;
} {
  const seconds = Math.min(Math.max(mtime.seconds, 0), LATEST_SECONDS);
  return { mode: TYPE_BITS[type] | mode, mtime: new Date(seconds * 1000) };
}
