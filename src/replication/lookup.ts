/** Which of many chunks are somewhere in the mesh: the placed holders are asked first, the others only for what is still open. */
import { VaultError } from '../model/errors.ts';
import type { Digest } from '../model/ids.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Holder } from './holder.ts';

export interface LookupJob {
  readonly digests: readonly Digest[];
  /** Everyone who might have a chunk, in placement order. */
  readonly candidates: (digest: Digest) => readonly Holder[];
  readonly placed: number;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
}

/** Digests of one question. */
const BATCH = 4096;

/** One question to one holder about some of the digests, by their index. */
interface Errand {
  readonly holder: Holder;
  readonly indexes: number[];
}

class Lookup {
  readonly #job: LookupJob;
  readonly #found: boolean[];
  readonly #silent = new Set<Holder>();
  #answered = false;

  constructor(job: LookupJob) {
    this.#job = job;
    this.#found = job.digests.map(() => false);
  }

  async run(): Promise<readonly boolean[]> {
    for (let place = 0; place < this.#job.placed; place += 1) {
      await this.#ask((holders) => holders.slice(place, place + 1));
    }
    await this.#ask((holders) => holders.slice(this.#job.placed));
    if (this.#answered) return this.#found;
    throw nobody();
  }

  async #ask(pick: (holders: readonly Holder[]) => readonly Holder[]): Promise<void> {
    const errands = new Map<Holder, Errand>();
    this.#job.digests.forEach((digest, index) => {
      if (this.#found[index]) return;
      for (const holder of pick(this.#job.candidates(digest))) {
        const errand = errands.get(holder);
        if (errand) errand.indexes.push(index);
        else errands.set(holder, { holder, indexes: [index] });
      }
    });
    await Promise.all([...errands.values()].map((errand) => this.#run(errand)));
  }

  async #run({ holder, indexes }: Errand): Promise<void> {
    const { digests, clock, signal } = this.#job;
    const startedMs = clock.monotonicMs();
    if (this.#silent.has(holder) || holder.hopeless(startedMs)) return;
    try {
      for (let at = 0; at < indexes.length; at += BATCH) {
        const batch = indexes.slice(at, at + BATCH);
        const asked = batch.flatMap((index) => digests[index] ?? []);
        const here = await holder.store.has(asked, signal ? { signal } : {});
        batch.forEach((index, position) => {
          if (here[position] === true) this.#found[index] = true;
        });
        this.#answered = true;
      }
    } catch (error) {
      signal?.throwIfAborted();
      this.#silent.add(holder);
      holder.failed(clock.monotonicMs(), startedMs, error);
    }
  }
}

function nobody(): VaultError {
  return new VaultError('unavailable', 'no holder of this vault answers, so nobody knows which chunks exist');
}

/** True where somebody says "here". A holder that does not answer counts as not having it. Throws 'unavailable' when nobody answers. */
export function askWhoHas(job: LookupJob): Promise<readonly boolean[]> {
  return new Lookup(job).run();
}

/** How many of `holders` say "here" for each digest, and how many do not answer. All are asked, at the same time. Throws 'unavailable' when nobody answers. */
export async function countCopies(
  digests: readonly Digest[],
  holders: readonly Holder[],
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<{ readonly copies: readonly number[]; readonly silent: number }> {
  const ask = async (holder: Holder): Promise<readonly boolean[] | undefined> => {
    const startedMs = clock.monotonicMs();
    if (holder.hopeless(startedMs)) return undefined;
    const here: boolean[] = [];
    try {
      for (let at = 0; at < digests.length; at += BATCH)
        here.push(...(await holder.store.has(digests.slice(at, at + BATCH), signal ? { signal } : {})));
      return here;
    } catch (error) {
      signal?.throwIfAborted();
      holder.failed(clock.monotonicMs(), startedMs, error);
      return undefined;
    }
  };
  const answers = (await Promise.all(holders.map(ask))).filter((answer) => answer !== undefined);
  if (answers.length === 0 && digests.length > 0) throw nobody();
  const copies = digests.map((_, i) => answers.filter((here) => here[i] === true).length);
  return { copies, silent: holders.length - answers.length };
}
