/** A small file in the target while a restore is not finished: whoever asks for the same again goes on with it. */
import * as fs from 'node:fs';
import { errnoOf } from './target-error.ts';
import { TEMPORARY_PREFIX } from './temporary-names.ts';

const NAME = `${TEMPORARY_PREFIX}unfinished`;
/** Longer ones are not ours. */
const MAX_BYTES = 16_384;

/** `root` ends with a slash. */
function markPath(root: Buffer): Buffer {
  return Buffer.concat([root, Buffer.from(NAME)]);
}

/** What the target is marked with; `undefined` for nothing that can be read. Throws like node:fs. */
export function readMark(root: Buffer): string | undefined {
  try {
    const fd = fs.openSync(
      markPath(root),
      fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK,
    );
    try {
      const bytes = Buffer.alloc(MAX_BYTES);
      return bytes.toString('utf8', 0, fs.readSync(fd, bytes)).trimEnd();
    } finally {
      fs.closeSync(fd);
    }
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}

export function writeMark(root: Buffer, mark: string): void {
  fs.writeFileSync(markPath(root), `${mark}\n`, { mode: 0o600, flag: 'wx' });
}

export function removeMark(root: Buffer): void {
  fs.rmSync(markPath(root), { force: true });
}
