/** One chunk from whichever holder has it (P4, T3): who is slow is overtaken, who lies is not asked again, who is silent is named. */
import { isVaultError, VaultError } from '../model/errors.ts';
import { cidText, type Digest, type PeerName } from '../model/ids.ts';
import type { Clock } from '../runtime/clock.ts';
import { chooseReaders, type ReaderView } from './choose-reader.ts';
import type { HedgeBudget } from './hedge-budget.ts';
import type { Holder } from './holder.ts';

export interface ReadJob {
  readonly digest: Digest;
  /** Everyone who might have it, in placement order. */
  readonly holders: readonly Holder[];
  /** How many of the first should have it. */
  readonly placed: number;
  /** Shared by all reads. */
  readonly hedges: HedgeBudget;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
}

/** What a holder answered. `silent`: it could not be asked, so it may well have the chunk. */
type Answer = { readonly bytes: Uint8Array } | 'absent' | 'damaged' | 'silent' | 'broken-off';

interface Question {
  readonly holder: Holder;
  readonly startedMs: number;
  readonly wave: number;
  readonly controller: AbortController;
}

interface Reply {
  readonly question: Question;
  readonly answer: Answer;
}

/** How soon to look again when the budget did not allow a second question. */
const BUDGET_WAIT_MS = 250;
/** From a holder that sends, something comes at least so often. */
const SILENCE_MS = 1_000;
/** One that sends other chunks first is waited for so many times as long: what was asked of it comes in any case, and twice if another is asked. */
const SENDING_FACTOR = 4;

class ReadRace {
  readonly #job: ReadJob;
  readonly #running = new Map<Question, Promise<Reply>>();
  readonly #answers = new Map<PeerName, Exclude<Answer, object>>();
  readonly #asked = new Map<PeerName, number>();
  #wave = 0;
  #hedgeAtMs = 0;

  constructor(job: ReadJob) {
    this.#job = job;
  }

  async run(): Promise<Uint8Array> {
    let overdue = false;
    for (;;) {
      this.#askMore(overdue);
      if (this.#running.size === 0) throw this.#verdict();
      const reply = await this.#nextReply();
      this.#job.signal?.throwIfAborted();
      overdue = reply === undefined;
      if (!reply) continue;
      const { question, answer } = reply;
      this.#running.delete(question);
      if (typeof answer === 'object') {
        this.#job.hedges.ended(this.#noteOvertaken(question.wave) ? 1 : 0);
        return answer.bytes;
      }
      this.#answers.set(question.holder.peer, answer);
    }
  }

  /** Breaks off the questions that are still open. */
  stop(reason: unknown): void {
    for (const { controller } of this.#running.keys()) controller.abort(reason);
  }

  #askMore(overdue: boolean): void {
    const peers = chooseReaders(this.#views(), { running: this.#running.size, overdue });
    const nowMs = this.#job.clock.monotonicMs();
    if (overdue && peers.length > 0) {
      const sendsMs = Math.max(
        0,
        ...[...this.#running.keys()].map((question) => stillWaitMs(question, nowMs)),
      );
      if (sendsMs > 0 || !this.#job.hedges.take()) {
        this.#hedgeAtMs = nowMs + Math.max(BUDGET_WAIT_MS, sendsMs);
        return;
      }
    }
    this.#wave += 1;
    let patienceMs = 0;
    for (const peer of peers) {
      const holder = this.#job.holders.find((candidate) => candidate.peer === peer);
      if (!holder) continue;
      this.#ask(holder, nowMs);
      patienceMs = Math.max(patienceMs, holder.speed.patienceMs());
    }
    this.#hedgeAtMs = peers.length > 0 ? nowMs + patienceMs : Number.POSITIVE_INFINITY;
  }

  #views(): ReaderView[] {
    const nowMs = this.#job.clock.monotonicMs();
    const { digest, placed, holders } = this.#job;
    const views: ReaderView[] = [];
    holders.forEach((holder, index) => {
      const again = this.#mayAskAgain(holder, nowMs);
      if ((this.#asked.has(holder.peer) && !again) || holder.distrustedFor(digest) || holder.hopeless(nowMs))
        return;
      views.push({
        peer: holder.peer,
        placed: index < placed,
        resting: again || holder.resting(nowMs),
        inFlight: holder.inFlight,
        serviceMs: holder.speed.serviceMs(nowMs),
      });
    });
    return views;
  }

  /** Its connection broke off once: worth a second question when nobody else has the chunk. */
  #mayAskAgain(holder: Holder, nowMs: number): boolean {
    const once = this.#answers.get(holder.peer) === 'broken-off' && this.#asked.get(holder.peer) === 1;
    return once && !holder.resting(nowMs);
  }

  #ask(holder: Holder, startedMs: number): void {
    const question: Question = { holder, startedMs, wave: this.#wave, controller: new AbortController() };
    this.#asked.set(holder.peer, (this.#asked.get(holder.peer) ?? 0) + 1);
    this.#answers.delete(holder.peer);
    this.#running.set(question, this.#answerTo(question));
  }

  async #answerTo(question: Question): Promise<Reply> {
    const { holder, startedMs, controller } = question;
    const { digest, clock } = this.#job;
    holder.inFlight += 1;
    try {
      const bytes = await holder.store.get(digest, { signal: controller.signal });
      holder.delivered(clock.monotonicMs(), startedMs, bytes?.length);
      return { question, answer: bytes ? { bytes } : 'absent' };
    } catch (error) {
      if (controller.signal.aborted) return { question, answer: 'silent' };
      if (isVaultError(error, 'corrupt')) {
        holder.damaged(digest);
        return { question, answer: 'damaged' };
      }
      holder.failed(clock.monotonicMs(), startedMs, error);
      return { question, answer: isVaultError(error, 'unavailable', 'closed') ? 'broken-off' : 'silent' };
    } finally {
      holder.inFlight -= 1;
    }
  }

  /** The next answer, or `undefined` when it is time to ask somebody else as well. */
  async #nextReply(): Promise<Reply | undefined> {
    const answers = [...this.#running.values()];
    const waitMs = this.#hedgeAtMs - this.#job.clock.monotonicMs();
    if (waitMs === Number.POSITIVE_INFINITY) return Promise.race(answers);
    let cancel = (): void => undefined;
    const overdue = new Promise<undefined>((resolve) => {
      cancel = this.#job.clock.schedule(Math.max(0, waitMs), () => resolve(undefined));
    });
    try {
      return await Promise.race([...answers, overdue]);
    } finally {
      cancel();
    }
  }

  /** True when somebody was who sent nothing: the second question was worth its price. */
  #noteOvertaken(wave: number): boolean {
    const nowMs = this.#job.clock.monotonicMs();
    const late = [...this.#running.keys()].filter((question) => question.wave < wave);
    for (const { holder, startedMs } of late) holder.overtaken(nowMs, startedMs);
    return late.some(({ holder }) => silenceMs(holder) >= SILENCE_MS);
  }

  #verdict(): VaultError {
    const { digest, holders } = this.#job;
    const silent: PeerName[] = [];
    const damaged: PeerName[] = [];
    for (const holder of holders) {
      const answer = this.#answers.get(holder.peer);
      if (answer === 'damaged' || holder.distrustedFor(digest)) damaged.push(holder.peer);
      else if (answer !== 'absent') silent.push(holder.peer);
    }
    const name = cidText(digest);
    if (silent.length > 0 || holders.length === 0) {
      return new VaultError(
        'unavailable',
        `chunk ${name} cannot be read now: ${silent.length} of ${holders.length} holders do not answer, the others do not have it`,
        { data: { silent, damaged }, hint: 'Start those peers again, then repeat.' },
      );
    }
    return new VaultError(
      'lost',
      `chunk ${name} is lost: all ${holders.length} holders answer, ${damaged.length} with damaged bytes, the others do not have it`,
      {
        data: { damaged },
        hint: 'If a peer that held this vault is not listed by "vault peers", start it and repeat.',
      },
    );
  }
}

/** How much longer a late holder is waited for because it is sending; 0 when nothing comes from it, or it has had time enough. */
function stillWaitMs({ holder, startedMs }: Question, nowMs: number): number {
  const silentMs = silenceMs(holder);
  const leftMs = SENDING_FACTOR * holder.speed.patienceMs() - (nowMs - startedMs);
  return silentMs >= SILENCE_MS ? 0 : Math.max(0, Math.min(SILENCE_MS - silentMs, leftMs));
}

/** Endless where a store does not tell. */
function silenceMs({ store }: Holder): number {
  return store.silentMs?.() ?? Number.POSITIVE_INFINITY;
}

/** The verified bytes. Throws 'unavailable', 'lost', or the signal's reason. */
export async function readChunk(job: ReadJob): Promise<Uint8Array> {
  job.signal?.throwIfAborted();
  const race = new ReadRace(job);
  const onAbort = (): void => race.stop(job.signal?.reason);
  job.signal?.addEventListener('abort', onAbort, { once: true });
  try {
    return await race.run();
  } finally {
    job.signal?.removeEventListener('abort', onAbort);
    race.stop(new VaultError('closed', 'another holder was faster'));
  }
}
