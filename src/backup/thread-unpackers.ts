/** Unpackers in threads, one for each processor: begun when there is work for them, and for a little work not at all. */
import { availableParallelism } from 'node:os';
import type { OpeningKeys } from '../crypto/vault-keys.ts';
import { VaultError } from '../model/errors.ts';
import { MiB } from '../model/units.ts';
import { JobThread } from '../runtime/job-thread.ts';
import { inlineUnpackers } from './inline-unpackers.ts';
import type { WriterOptions } from './small-file-writer.ts';
import type { Fault } from './target-error.ts';
import {
  packKeys,
  type ThreadOptions,
  type UnpackAnswer,
  type UnpackAsk,
  type UnpackStart,
} from './unpack-messages.ts';
import type { BundleJob, BundleResult, CompareJob, PieceJob, PieceResult, Unpackers } from './unpackers.ts';

/** More threads would cost more memory than they save time: file systems and links are slower then. */
const MOST_THREADS = 4;
/** Sealed bytes that are unpacked in place before the first thread: a thread takes as long to begin. */
const LITTLE_BYTES: number = 4 * MiB;

type Thread = JobThread<UnpackAsk, UnpackAnswer>;
type Kind = 'bundle' | 'piece' | 'differ';

class ThreadUnpackers implements Unpackers {
  readonly #keys: OpeningKeys;
  readonly #options: ThreadOptions;
  readonly #inline: Unpackers;
  #littleLeft = LITTLE_BYTES;
  #threads: readonly Thread[] | undefined;
  #closed = false;

  constructor(keys: OpeningKeys, options: WriterOptions) {
    this.#keys = keys;
    const { owners, newFiles, label } = options;
    this.#options = { owners, newFiles, label };
    this.#inline = inlineUnpackers(keys, options);
  }

  async bundle(job: BundleJob): Promise<BundleResult> {
    if (this.#isLittle(job.sealed)) return await this.#inline.bundle(job);
    const sealed = job.sealed && ownBytes(job.sealed);
    const transfer = [job.files.numbers.buffer, ...(sealed ? [sealed.buffer] : [])];
    const answer = await this.#idlest().ask({ bundle: { ...job, sealed } }, transfer);
    return expect(answer, 'bundle');
  }

  async piece(job: PieceJob): Promise<PieceResult> {
    if (this.#isLittle(job.sealed)) return await this.#inline.piece(job);
    const sealed = ownBytes(job.sealed);
    const answer = await this.#idlest().ask({ piece: { ...job, sealed } }, [sealed.buffer]);
    return expect(answer, 'piece');
  }

  async compare(job: CompareJob): Promise<readonly (readonly [number, Fault])[]> {
    if (!this.#threads) return await this.#inline.compare(job);
    const transfer = [job.extents.buffer, job.sums.buffer];
    return expect(await this.#idlest().ask({ compare: job }, transfer), 'differ');
  }

  async close(): Promise<void> {
    this.#closed = true;
    const threads = this.#threads ?? [];
    this.#threads = undefined;
    await Promise.all(threads.map((thread) => thread.end()));
  }

  #isLittle(sealed: Uint8Array | undefined): boolean {
    if (this.#closed) throw new VaultError('closed', 'the restore has ended');
    this.#littleLeft -= sealed?.length ?? 0;
    return this.#littleLeft >= 0;
  }

  #idlest(): Thread {
    this.#threads ??= this.#start();
    return this.#threads.reduce((best, thread) => (thread.load < best.load ? thread : best));
  }

  #start(): Thread[] {
    const count = Math.max(1, Math.min(availableParallelism(), MOST_THREADS));
    const keys = packKeys(this.#keys);
    return Array.from({ length: count }, (_, index) => {
      const label = `${this.#options.label}${index + 1}`;
      return threadOf({ keys, options: { ...this.#options, label } });
    });
  }
}

function threadOf(start: UnpackStart): Thread {
  const worker = { trackUnmanagedFds: false, resourceLimits: { maxYoungGenerationSizeMb: 4 } };
  return new JobThread({ program: './unpack-worker', base: import.meta.url, start, work: 'restore', worker });
}

function expect<Name extends Kind>(
  answer: UnpackAnswer,
  name: Name,
): Extract<UnpackAnswer, Record<Name, unknown>>[Name] {
  if (name in answer) return (answer as Extract<UnpackAnswer, Record<Name, unknown>>)[name];
  throw new VaultError('internal', `bug: a thread did not answer with ${name}`);
}

/** The same bytes, alone in their memory, so that it can be handed to another thread. */
function ownBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer } = bytes;
  const alone = buffer instanceof ArrayBuffer && buffer.byteLength === bytes.byteLength;
  return alone ? new Uint8Array(buffer) : bytes.slice();
}

export function threadUnpackers(keys: OpeningKeys, options: WriterOptions): Unpackers {
  return new ThreadUnpackers(keys, options);
}
