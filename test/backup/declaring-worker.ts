/** A thread whose jobs do what a thread of a backup does first, again and again: declare functions of the C library. */
import { loadNativeLibrary } from '../../src/backup/native-library.ts';
import { serveJobs } from '../../src/runtime/serve-jobs.ts';

export interface DeclaringAsk {
  readonly job: number;
  readonly times: number;
}

const PROTOTYPE = 'int getpid(void)';

serveJobs((begun: Int32Array) => {
  const { declare } = loadNativeLibrary();
  return ({ job, times }: DeclaringAsk) => {
    Atomics.store(begun, 0, 1);
    Atomics.notify(begun, 0);
    for (let i = 0; i < times; i++) declare(PROTOTYPE);
    return [{ job }];
  };
});
