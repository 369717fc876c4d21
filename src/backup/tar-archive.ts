/** A tar archive with pax headers: times to the nanosecond, names and owners of any length, hard links, attributes that are text. */
import { isUtf8 } from 'node:buffer';
import { type Headers, pack } from 'tar-stream';
import type { NodeMetadata, TreeNode } from '../format/tree-page.ts';
import { type Archive, type ArchiveWriter, ReadGate } from './archive.ts';
import { pathText } from './path-text.ts';

/** What a plain header holds in eleven, and in six octal digits. */
const MAX_PLAIN_SECONDS = 0x7fff_ffff;
const MAX_PLAIN_ID = 0o777777;
const MAX_PLAIN_NAME_BYTES = 31;
const HEADER_BYTES = 512;

export function tarArchive(): Archive {
  const stream = pack();
  const gate = new ReadGate();
  const entry = async (header: Headers): Promise<void> => {
    stream.entry(header);
    await gate.made(3 * HEADER_BYTES);
  };
  const writer: ArchiveWriter = {
    directory: (name, node) => entry({ ...headerOf(`${name}/`, node), type: 'directory' }),
    link: (name, node) =>
      entry({ ...headerOf(name, node), type: 'symlink', linkname: pathText(node.target) }),
    hardLink: async (name, node, first) => {
      await entry({ ...headerOf(name, node), type: 'link', linkname: first });
      return true;
    },
    file: async (name, node, content) => {
      const sink = stream.entry({ ...headerOf(name, node), type: 'file', size: node.size });
      await gate.made(3 * HEADER_BYTES);
      for await (const bytes of content) {
        sink.write(Buffer.from(bytes)); // a copy: the views belong to a cache that goes on
        await gate.made(bytes.length);
      }
      await new Promise<void>((resolve) => {
        sink.once('close', () => resolve());
        sink.end();
      });
    },
    end: () => stream.finalize(),
  };
  return { writer, bytes: gate.read(stream), fail: (error) => stream.destroy(error) };
}

function headerOf(name: string, node: TreeNode): Headers {
  const { mode, uid, gid, user, group, mtime } = node;
  const plainSeconds = Math.min(Math.max(mtime.seconds, 0), MAX_PLAIN_SECONDS);
  const header: Headers & { readonly pax: Readonly<Record<string, string>> } = {
    name,
    mode,
    uid: Math.min(uid, MAX_PLAIN_ID),
    gid: Math.min(gid, MAX_PLAIN_ID),
    mtime: new Date(plainSeconds * 1000),
    uname: plainName(user),
    gname: plainName(group),
    pax: paxOf(node),
  };
  return header;
}

/** As far as a plain header holds it; the pax header has it in full. */
function plainName(name = ''): string {
  return Buffer.byteLength(name) <= MAX_PLAIN_NAME_BYTES ? name : '';
}

function paxOf({ uid, gid, user, group, mtime, xattrs = [] }: NodeMetadata): Record<string, string> {
  const { seconds, nanoseconds } = mtime;
  return {
    mtime: timeText(seconds, nanoseconds),
    ...(uid > MAX_PLAIN_ID ? { uid: String(uid) } : {}),
    ...(gid > MAX_PLAIN_ID ? { gid: String(gid) } : {}),
    ...(user === undefined ? {} : { uname: user }),
    ...(group === undefined ? {} : { gname: group }),
    ...Object.fromEntries(
      xattrs.filter(isText).map(({ name, value }) => [`SCHILY.xattr.${pathText(name)}`, pathText(value)]),
    ),
  };
}

/** Decimal; `nanoseconds` always count forward, also before 1970. */
function timeText(seconds: number, nanoseconds: number): string {
  if (nanoseconds === 0) return String(seconds);
  const digits = (value: number): string => String(value).padStart(9, '0').replace(/0+$/, '');
  if (seconds >= 0) return `${seconds}.${digits(nanoseconds)}`;
  return `-${-seconds - 1}.${digits(1e9 - nanoseconds)}`;
}

/** The library writes headers as text; binary attributes (ACLs) cannot be in them. */
function isText({ name, value }: { readonly name: Uint8Array; readonly value: Uint8Array }): boolean {
  return isUtf8(name) && isUtf8(value);
}
