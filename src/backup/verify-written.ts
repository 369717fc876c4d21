/** Reads back what a restore has written, many parts at a time, and tells what is not as it was written. */
import type { VaultError } from '../model/errors.ts';
import { KiB, MiB } from '../model/units.ts';
import { Slots } from '../runtime/slots.ts';
import type { BytePath } from './byte-path.ts';
import { SUM_BYTES } from './compare-parts.ts';
import type { Verified } from './file-target.ts';
import { readableFor } from './readable-for.ts';
import { errorOf, type Fault } from './target-error.ts';
import type { CompareJob, Unpackers } from './unpackers.ts';
import type { VerifyLog, WrittenPart } from './verify-log.ts';

/** One job ends with about so much to read, or so many parts. */
const JOB_BYTES: number = 8 * MiB;
const JOB_PARTS = 256;
/** What opening a file costs, in bytes of reading. */
const OPENING: number = 16 * KiB;
const MAX_JOBS = 8;

export interface VerifyOptions {
  readonly log: VerifyLog;
  /** What paths of the log are prefixed with. */
  readonly prefix: BytePath;
  readonly unpackers: Unpackers;
  readonly tell: (path: BytePath, fault: VaultError) => void;
  readonly signal: AbortSignal;
}

export async function verifyWritten({
  log,
  prefix,
  unpackers,
  tell,
  signal,
}: VerifyOptions): Promise<Verified> {
  const slots = new Slots(MAX_JOBS);
  const running = new Set<Promise<void>>();
  const shut: WrittenPart[] = [];
  let [files, bytes] = [0, 0];
  let failure: unknown;
  for (const parts of jobsOf(log)) {
    await slots.take();
    if (failure !== undefined || signal.aborted) break;
    const job = unpackers
      .compare(compareJob(prefix, parts))
      .then((differ) => {
        for (const [index, fault] of differ) {
          const part = parts[index];
          if (part && isShut(fault)) shut.push(part);
          else tell(part?.path ?? '', errorOf(fault, part?.path ?? ''));
        }
      })
      .catch((error: unknown) => {
        failure = error;
      })
      .finally(() => {
        running.delete(job);
        slots.give();
      });
    running.add(job);
    files += parts.filter(({ position }) => position === 0).length;
    bytes += parts.reduce((sum, { length }) => sum + length, 0);
  }
  await Promise.all(running);
  signal.throwIfAborted();
  if (failure !== undefined) throw failure;
  for (const part of shut) {
    signal.throwIfAborted();
    const differ = await readableFor(prefix, part.path, () => unpackers.compare(compareJob(prefix, [part])));
    for (const [, fault] of differ) tell(part.path, errorOf(fault, part.path));
  }
  return { files, bytes };
}

/** Restored with a mode that does not even let its owner read it: these come one after the other, when nothing else is read. */
function isShut({ why }: Fault): boolean {
  return why.startsWith('EACCES');
}

function* jobsOf(log: VerifyLog): Generator<WrittenPart[]> {
  let parts: WrittenPart[] = [];
  let cost = 0;
  for (const part of log.read()) {
    parts.push(part);
    cost += part.length + OPENING;
    if (cost < JOB_BYTES && parts.length < JOB_PARTS) continue;
    yield parts;
    parts = [];
    cost = 0;
  }
  if (parts.length > 0) yield parts;
}

function compareJob(prefix: BytePath, parts: readonly WrittenPart[]): CompareJob {
  const sums = new Uint8Array(parts.length * SUM_BYTES);
  const extents = new Float64Array(parts.length * 3);
  for (const [i, { position, length, whole, sum }] of parts.entries()) {
    sums.set(sum, i * SUM_BYTES);
    extents.set([position, length, whole ? 1 : 0], i * 3);
  }
  return { prefix, paths: parts.map(({ path }) => `${path}\0`).join(''), extents, sums };
}
