/** Finds the first byte in which two files differ, reading both in slices. */
import { closeSync, openSync, readSync } from 'node:fs';
import { MiB } from '../model/units.ts';

const SLICE = MiB;
const left = Buffer.allocUnsafeSlow(SLICE);
const right = Buffer.allocUnsafeSlow(SLICE);

/** Position of the first difference (also where one ends early), `undefined` when equal. `between` runs between slices. */
export async function compareContent(
  expected: Buffer,
  actual: Buffer,
  between: () => Promise<void>,
): Promise<number | undefined> {
  const a = openSync(expected, 'r');
  try {
    const b = openSync(actual, 'r');
    try {
      for (let position = 0; ; position += SLICE) {
        const [gotA, gotB] = [fill(a, left, position), fill(b, right, position)];
        if (left.compare(right, 0, gotB, 0, gotA) !== 0) return position + firstDifference(gotA, gotB);
        if (gotA < SLICE) return undefined;
        await between();
      }
    } finally {
      closeSync(b);
    }
  } finally {
    closeSync(a);
  }
}

/** Reads until the buffer is full or the file ends; the buffers are used before anything else can run. */
function fill(fd: number, buffer: Buffer, position: number): number {
  let got = 0;
  while (got < buffer.length) {
    const more = readSync(fd, buffer, got, buffer.length - got, position + got);
    if (more === 0) break;
    got += more;
  }
  return got;
}

function firstDifference(lengthA: number, lengthB: number): number {
  const shorter = Math.min(lengthA, lengthB);
  for (let at = 0; at < shorter; at++) if (left[at] !== right[at]) return at;
  return shorter;
}
