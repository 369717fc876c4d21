/** A tar archive with everything that pax headers can say: times to the nanosecond, long names, owners, hard links, extended attributes, ACLs. */
import { Readable } from 'node:stream';
import { utf8 } from '../model/bytes.ts';
import { type Archive, type ArchiveWriter, ReadGate } from './archive.ts';
import { TAR_END, tarHead, tarPadding } from './tar-head.ts';

export function tarArchive(): Archive {
  const stream = new Readable({ read: () => undefined });
  const gate = new ReadGate();
  const put = async (bytes: Uint8Array): Promise<void> => {
    if (bytes.length === 0) return;
    stream.push(bytes);
    await gate.made(bytes.length);
  };
  const writer: ArchiveWriter = {
    directory: (name, node) => put(tarHead(utf8(name), node)),
    link: (name, node) => put(tarHead(utf8(name), node)),
    special: async (name, node) => {
      await put(tarHead(utf8(name), node));
      return true;
    },
    hardLink: async (name, node, first) => {
      await put(tarHead(utf8(name), node, utf8(first)));
      return true;
    },
    file: async (name, node, content) => {
      await put(tarHead(utf8(name), node));
      for await (const bytes of content) await put(Buffer.from(bytes)); // a copy: the views belong to a cache that goes on
      await put(tarPadding(node.size));
    },
    end: () => {
      stream.push(TAR_END);
      stream.push(null);
    },
  };
  return { writer, bytes: gate.read(stream), fail: (error) => stream.destroy(error) };
}
