/** Writes all of a buffer at a position; optionally leaves runs of zeros out, so that they become holes. */
import { writeSync } from 'node:fs';
import { KiB } from '../model/units.ts';

/** What file systems commonly allocate at least; smaller holes gain nothing. */
const BLOCK = 4 * KiB;
const ZEROS = Buffer.alloc(BLOCK);

/**
 * At most so much at a time. Linux looks for contiguous memory as large as what is written, and when it has none it moves
 * other memory out of the way: with pieces of 1 MiB that was 15% of a large restore's processor time.
 */
const MOST_AT_ONCE: number = 256 * KiB;

export function writeBytes(fd: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(fd, bytes, done, Math.min(bytes.length - done, MOST_AT_ONCE), position + done);
  }
}

/** The same without blocks (aligned in the file) of zeros only. The caller sets the file's length afterwards. */
export function writeSparse(fd: number, bytes: Uint8Array, position: number): void {
  let from = 0;
  for (let at = 0; at < bytes.length; ) {
    const end = Math.min(bytes.length, at + BLOCK - ((position + at) % BLOCK));
    if (ZEROS.compare(bytes, at, end, 0, end - at) === 0) {
      if (at > from) writeBytes(fd, bytes.subarray(from, at), position + from);
      from = end;
    }
    at = end;
  }
  if (bytes.length > from) writeBytes(fd, bytes.subarray(from), position + from);
}
