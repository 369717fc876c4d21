/** A thread whose jobs take as long as they are told, and are counted when they begin. */
import { serveJobs } from '../../src/runtime/serve-jobs.ts';

export interface SleeperAsk {
  readonly job: number;
  readonly ms: number;
  readonly bug?: boolean;
}

export interface SleeperAnswer {
  readonly job: number;
  readonly nth: number;
}

serveJobs((begun: Int32Array) => {
  const never = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  return ({ job, ms, bug }: SleeperAsk) => {
    const nth = Atomics.add(begun, 0, 1) + 1;
    if (bug) throw new Error('a bug');
    Atomics.wait(never, 0, 0, ms);
    return [{ job, nth } satisfies SleeperAnswer];
  };
});
