/** A source of one file whose bytes come in over time, from a program or standard input: it is read once, to its end, or the backup fails. */
import { VaultError } from '../model/errors.ts';
import type { Clock } from '../runtime/clock.ts';
import type { BytePath } from './byte-path.ts';
import type { FileSource, SlowFile, SourceStat } from './file-source.ts';

export interface StreamOptions {
  /** Absolute: where the file lies in the snapshot. */
  readonly path: BytePath;
  /** Called once. It may throw, and then nothing is stored. Ending it early (`return`) stops whoever writes. */
  readonly open: () => AsyncIterable<Uint8Array>;
  readonly clock: Clock;
  readonly uid: number;
  readonly gid: number;
  readonly signal?: AbortSignal;
}

/** Nobody knows how long it will be; in any case longer than what is read whole. */
const UNKNOWN_BYTES = Number.MAX_SAFE_INTEGER;

export function streamSource(options: StreamOptions): FileSource {
  const { path, clock, uid, gid } = options;
  const nowMs = clock.now();
  const time = { seconds: Math.floor(nowMs / 1000), nanoseconds: (nowMs % 1000) * 1_000_000 };
  const names = path.split('/').filter(Boolean);
  const folders = new Map(names.map((name, i) => [`/${names.slice(0, i).join('/')}`, name]));
  const base = {
    uid,
    gid,
    user: undefined,
    group: undefined,
    mtime: time,
    ctime: time,
    birth: undefined,
    links: 1,
  };
  const stat = (asked: BytePath): SourceStat => {
    const common = { ...base, inode: 0n, device: 0n, sparse: false };
    if (asked === path) return { ...common, type: 'file', size: UNKNOWN_BYTES, mode: 0o644 };
    if (folders.has(asked)) return { ...common, type: 'directory', size: 0, mode: 0o755 };
    throw new VaultError('not-found', 'that is not there');
  };
  return {
    resolve: (asked) => asked,
    list: (asked) => [folders.get(asked) ?? ''].filter(Boolean),
    stat,
    look: (asked) => {
      const { type, size } = stat(asked);
      return { type, size, mtimeMs: nowMs, ctimeMs: nowMs, inode: 0, device: 0, links: 1 };
    },
    readLink: () => new Uint8Array(0),
    xattrs: () => [],
    open: () => {
      throw new VaultError('internal', 'bug: a stream is read as it comes');
    },
    openSlow: () => new StreamFile(options, stat(path)),
  };
}

class StreamFile implements SlowFile {
  readonly #stat: SourceStat;
  readonly #iterator: AsyncIterator<Uint8Array>;
  readonly #aborted: Promise<never>;
  #rest: Uint8Array = new Uint8Array(0);
  #ended = false;

  constructor({ open, signal }: StreamOptions, stat: SourceStat) {
    this.#stat = stat;
    this.#iterator = open()[Symbol.asyncIterator]();
    this.#aborted = new Promise((_, reject) => {
      if (signal?.aborted) reject(signal.reason);
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
    this.#aborted.catch(() => undefined); // thrown where something is waited for
  }

  stat(): SourceStat {
    return this.#stat;
  }

  /** In order: `position` is where the last read ended. */
  async read(into: Uint8Array, position: number): Promise<number> {
    while (this.#rest.length === 0) {
      const next = await Promise.race([this.#iterator.next(), this.#aborted]);
      if (next.done) {
        this.#ended = true;
        if (position > 0) return 0;
        throw new VaultError('io', 'no data came: nothing was stored', {
          hint: 'Look at what should have written it.',
        });
      }
      this.#rest = next.value;
    }
    const length = Math.min(into.length, this.#rest.length);
    into.set(this.#rest.subarray(0, length));
    this.#rest = this.#rest.subarray(length);
    return length;
  }

  close(): void {
    if (!this.#ended) this.#iterator.return?.()?.catch(() => undefined);
  }
}
